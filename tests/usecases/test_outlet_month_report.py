"""The month report of an outlet gives the figures of the month's round, never others; outside only those of a published one."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from server.domain.access import Viewer
from server.domain.deciding import DecisionKind
from server.domain.period_reports import Kind
from server.domain.periods import Period
from server.queries import period_reports as shown
from server.reports import sign
from server.storage.organisation import Outlet, Tier, User
from server.usecases import decisions, period_reports, periods
from server.usecases.period_read import Wanted
from server.usecases.work import Office
from server.worker import run_once
from tests import make, pdf_words
from tests.conftest import Clock
from tests.usecases.test_outlets_then import decided
from tests.usecases.test_period_explained import nodes
from tests.usecases.test_periods import (
    FAILED,
    NOVEMBER,
    accepted,
    agent,
    closed,
    corrected,
    counted,
    december,
    figure,
    hq,
    nobody_twice,
    shopper,
)

__all__ = ["hq", "nobody_twice", "shopper"]


def wanted(outlet: Outlet, edition: Any = "outlet", language: Any = "zh") -> Wanted:
    return Wanted(Kind.OUTLET_MONTH, outlet.id, Period.read(NOVEMBER), edition, language)


def signed(office: Office, viewer: Viewer, what: Wanted) -> tuple[str, Any]:
    report = period_reports.issue(office, viewer, what)
    data = office.files.get(report.sha256, kind="report")
    return pdf_words.words(data).replace("\n", ""), json.loads(sign.attached(data))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_month_with_praise_and_ideas_is_signed_with_what_the_bonus_is_for(
    both: Office, clock: Clock, shopper: User, hq: Viewer, language: str
) -> None:
    outlet = agent(both)
    counted(both, outlet, praises=(2, None), ideas=(1, None))
    accepted(both, shopper, outlet, answers=FAILED)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    for edition in ("inner", "outlet"):
        said, data = signed(both, hq, wanted(outlet, edition, language))
        assert data["composite"]["score"] == "95.00"
        assert data["composite"]["bonus"] == "2.00"
        assert data["composite"]["bonus_for"].startswith(
            "2 次表扬，1 条采纳建议" if language == "zh" else "praise: 2, "
        )
        assert "95.00" in said
        values = {part["name"][:2]: (part["value"], part["how"]) for part in data["composite"]["parts"]}
        assert values["C2"][0] == "70.00 %"
        assert all(how for _, how in values.values())


def test_a_month_that_is_a_draft_is_not_told_in_an_outlets_edition(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    accepted(both, shopper, outlet)
    december(clock)
    nothing = signed(both, hq, wanted(outlet, "inner"))[1]
    assert (nothing["composite"], nothing["no_composite"]) == (None, "本月的综合评价还没有计算。")
    periods.draft(both, hq, NOVEMBER)
    assert signed(both, hq, wanted(outlet, "inner"))[1]["composite"]["score"] == "97.00"
    said, data = signed(both, hq, wanted(outlet))
    assert (data["composite"], data["no_composite"]) == (None, "本月的综合评价还没有发布。")
    assert "composite" not in {each["told"]["figure"] for each in data["opened"]}
    assert "97.00" not in said + json.dumps(data)
    closed(both, clock, hq, NOVEMBER)
    _, data = signed(both, hq, wanted(outlet))
    assert (data["composite"]["score"], data["no_composite"]) == ("97.00", "")


def test_a_closed_months_report_keeps_its_figure_tier_and_revisions_and_says_what_was_corrected_since(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    visit = accepted(both, shopper, outlet, answers=FAILED)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    before = period_reports.issue(both, hq, wanted(outlet))
    kept = figure(both, NOVEMBER, "composite", outlet.id)
    corrected(both, visit)
    run_once(both)
    with both.work() as work:
        mine = work.session.get_one(Outlet, outlet.id)
        mine.tier, mine.class_ = Tier.FRANCHISE, "C"
        counts = shown.outdated(work.session, before)
    assert not counts
    assert figure(both, NOVEMBER, "composite", outlet.id) == kept
    for edition in ("inner", "outlet"):
        said, data = signed(both, hq, wanted(outlet, edition))
        assert data["composite"]["score"] == f"{float(kept.exact or 0):.2f}" == "93.00"
        assert data["outlet"]["tier"] == "村级服务站"
        assert [each["score"] for each in data["visits"]] == ["70.00"]
        assert [each["revision"] for each in data["evidence"]] == [1]
        assert data["trend"][0]["points"][-1]["value"] == "70.00"
        assert data["corrected"] == ["2026-11-21 的暗访后来改正为第 2 版；本月仍按第 1 版计。"]
        assert "按改正后的检查综合评价为 97.00" in " ".join(data["composite"]["said"])
        assert "后来改正为第 2 版" in said
        (visit_score,) = (each for each in data["opened"] if each["told"]["figure"] == "visit-score")
        assert visit_score["value"] == "70.00"


OCTOBER = {
    "started_at": "2026-10-21T01:10:05Z",
    "left_at": "2026-10-21T01:40:05Z",
    "finished_at": "2026-10-21T01:50:00Z",
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_part_that_was_taken_from_an_earlier_month_opens_down_to_that_visits_items(
    both: Office, clock: Clock, shopper: User, hq: Viewer, language: str
) -> None:
    outlet = agent(both)
    visit = accepted(both, shopper, outlet, answers=FAILED, **OCTOBER)
    december(clock)
    closed(both, clock, hq, "2026-10", NOVEMBER)
    corrected(both, visit)
    run_once(both)
    for edition in ("inner", "outlet"):
        said, data = signed(both, hq, wanted(outlet, edition, language))
        (part,) = (part for part in data["composite"]["parts"] if part["name"].startswith("C2"))
        assert part["value"] == "70.00 %"
        assert "2026-10-21" in part["how"]
        # It is no visit of the month: neither in its list nor in its means.
        assert (data["visits"], data["kinds"]) == ([], [])
        (opened,) = (each for each in data["opened"] if each["told"]["figure"] == "visit-score")
        assert opened["title"].startswith("2026-10-21 · ")
        assert opened["steps"][0]["notes"] == [
            "早于本月：综合评价有一部分取自这次检查。"
            if language == "zh"
            else "Before this month: a part of the composite is taken from this visit."
        ]
        assert len(data["corrected"]) == 1
        assert opened["value"] == "70.00"
        assert any(step["title"].startswith("A-01") for step in opened["steps"])
        # The revision that the month's round has, under the name that this reader knows it by.
        (leaf,) = (node for node in nodes(composite_told(data)) if node["figure"] == "visit")
        assert leaf["subject"] == opened["told"]["subject"]
        assert (str(visit.id) in json.dumps(data)) == (edition == "inner")
        (line,) = data["evidence"]
        assert (line["day"], line["revision"]) == ("2026-10-21", 1)
        assert "2026-10-21" in said


def test_a_report_is_outdated_once_its_round_takes_another_revision_of_an_earlier_visit(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    visit = accepted(both, shopper, outlet, answers=FAILED, **OCTOBER)
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    before = period_reports.issue(both, hq, wanted(outlet, "inner"))
    assert json.loads(before.basis) == {str(visit.id): 1}
    corrected(both, visit)
    periods.draft(both, hq, NOVEMBER)
    with both.work(write=False) as work:
        assert shown.outdated(work.session, before)


def composite_told(data: Any) -> Any:
    (found,) = (each["told"] for each in data["opened"] if each["told"]["figure"] == "composite")
    return found


@pytest.mark.parametrize("drafted", [True, False])
def test_a_month_after_an_outlet_left_says_so(both: Office, clock: Clock, hq: Viewer, drafted: bool) -> None:
    december(clock, 11, 1)
    leaver, stays = agent(both), agent(both)
    decided(both, hq, leaver, DecisionKind.EXIT, date(2026, 11, 1))
    decisions.take_effect(both)
    december(clock)
    if drafted:
        closed(both, clock, hq, NOVEMBER)
    for edition in ("inner", "outlet"):
        for language, sentence in (
            ("zh", "这个网点已经退出，2026-10-31 是最后一天，本月没有综合评价。"),
            ("en", "This outlet has left; 2026-10-31 was its last day, so the month has no composite."),
        ):
            said, data = signed(both, hq, wanted(leaver, edition, language))
            assert (data["composite"], data["no_composite"]) == (None, sentence)
            assert "2026-10-31" in said
    # Its last month, and who stays, are told as ever.
    _, data = signed(both, hq, Wanted(Kind.OUTLET_MONTH, leaver.id, Period.read("2026-10"), "inner", "zh"))
    assert data["no_composite"] == "本月的综合评价还没有计算。"
    _, data = signed(both, hq, wanted(stays, "inner"))
    assert (data["composite"] is not None) == drafted


def test_an_outlet_that_a_computed_month_does_not_have_is_not_waiting_for_it(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    later = agent(both, cooperation_since=date(2026, 12, 1))
    agent(both)
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    for edition in ("inner", "outlet"):
        assert signed(both, hq, wanted(later, edition))[1]["no_composite"] == "这个网点在本月没有综合评价。"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_unrated_month_says_what_was_missing_and_that_no_weight_was_spread(
    both: Office, clock: Clock, hq: Viewer, language: str
) -> None:
    outlet = make.outlet(both, place=make.unit(both, "sx", "ty", "xd"), tier=Tier.VILLAGE)
    counted(both, outlet, complaints=(0, None), audit=(1, None))
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    _, data = signed(both, hq, wanted(outlet, language=language))
    assert data["composite"]["score"] is None
    (sentence,) = data["composite"]["said"]
    assert sentence == (
        "没有数据的部分：C1 客户感知、C2 暗访、C3 片区经理检查、C6 持证上岗。有数据的部分权重合计只有 20，规则要求至少 50，"
        "所以本月不评，权重也没有摊。"
        if language == "zh"
        else "Parts without data: C1 perception, C2 mystery visit, C3 area manager's check, C6 certified staff. "
        "The parts with data weigh only 20 together where the rules ask for at least 50, so the month is not rated and no weight "
        "is spread."
    )
    parts = {part["name"][:2]: part for part in data["composite"]["parts"]}
    assert [parts[name]["weight"] for name in ("C1", "C2", "C4")] == ["40.00", "10.00", "15.00"]
    # What it has stands there, but makes no points.
    assert (parts["C4"]["value"], parts["C4"]["points"]) == ("100.00 %", "—")
    assert {part["points"] for part in parts.values()} == {"—"}
