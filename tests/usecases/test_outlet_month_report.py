"""The month report of an outlet gives the figures of the month's round, never others; outside only those of a published one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.domain.access import Viewer
from server.domain.period_reports import Kind
from server.domain.periods import Period
from server.queries import period_reports as shown
from server.reports import sign
from server.storage.organisation import Outlet, Tier, User
from server.usecases import period_reports, periods
from server.usecases.period_read import Wanted
from server.usecases.work import Office
from server.worker import run_once
from tests import pdf_words
from tests.conftest import Clock
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
