"""The appendix of period reports: each figure opens down to item and photograph, and outside it names no covert visit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.domain.access import Role
from server.domain.period_reports import Kind
from server.domain.periods import Period
from server.queries import explained
from server.reports import sign
from server.storage.organisation import Outlet, User
from server.storage.visits import Report
from server.usecases import period_reports, review
from server.usecases.period_read import Wanted
from server.usecases.work import Office
from tests import make, pdf_words, submitted
from tests.conftest import Clock
from tests.usecases.test_period_reports import accepted, branch, hq, month, unit_of


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER)


def signed(office: Office, wanted: Wanted) -> tuple[str, list[Any]]:
    report: Report = period_reports.issue(office, hq(office), wanted)
    data = office.files.get(report.sha256, kind="report")
    return pdf_words.words(data), json.loads(sign.attached(data))["opened"]


def nodes(told: Any) -> list[Any]:
    return [told, *(each for part in told.get("parts", ()) for each in nodes(part))]


def test_an_outlets_month_opens_each_visit_down_to_its_items_and_shown_photographs(
    office: Office, shopper: User, hall: Outlet, clock: Clock
) -> None:
    picture = make.picture(5)
    visit = accepted(office, shopper, hall, photos=[picture], files=[make.file_entry(picture, "A-02")])
    clock.forward(days=60)
    said, opened = signed(office, month(hall, "inner"))
    assert "数字怎么来的" in said
    mean, indicators, last = opened
    assert mean["title"] == "暗访 · 检查均分"
    assert mean["told"]["rules"] == indicators["rules"] == 1
    assert {each["told"]["figure"] for each in opened} == {"visit-mean", "indicators", "visit-score"}
    lost = [step for step in last["steps"] if step["title"].startswith("A-02")]
    assert lost[0]["value"] == "0.00 %"
    assert lost[0]["said"][0] == ["分值", "2.00"]
    assert lost[0]["photos"]
    assert "照片 1" in said
    # For people the items that lost points, for programs all of them.
    items = [node for node in nodes(last["told"]) if node["figure"] == "item"]
    assert len(items) > len([step for step in last["steps"] if step["depth"] == 2])
    assert last["told"]["subject"] == f"visit:{visit.id}"


def test_indicators_are_called_as_the_list_of_the_visits_calls_them(
    office: Office, shopper: User, hall: Outlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(office, shopper, hall)
    clock.forward(days=60)
    sections = submitted.checklist(office)["sections"]
    other = {f"T-{each['id']}": ("别的清单", "another list") for each in sections}
    monkeypatch.setattr(explained, "indicators_named", lambda connection: other)
    _, opened = signed(office, month(hall, "inner"))
    titles = " ".join(step["title"] for each in opened[1:2] for step in each["steps"])
    assert [each["title"]["zh"] in titles for each in sections] == [True] * len(sections)
    assert "别的清单" not in titles


def test_a_visit_without_a_lost_point_is_one_row_for_people_and_whole_for_programs(
    office: Office, shopper: User, hall: Outlet, clock: Clock
) -> None:
    accepted(office, shopper, hall, answers=submitted.GOOD)
    clock.forward(days=60)
    _, opened = signed(office, month(hall, "inner"))
    last = opened[-1]
    (row,) = last["steps"]
    assert (last["value"], row["asked"], row["notes"]) == ("100.00", [], [])
    assert [name for name, _ in row["said"]] == ["满分", "十禁止得分", "检查表", "版本"]
    assert {"earned", "full"} <= set(last["told"]["inputs"])
    assert last["told"]["thresholds"]


def test_the_outlets_edition_opens_the_same_without_the_phones_ids(
    office: Office, shopper: User, hall: Outlet, clock: Clock
) -> None:
    visits = [accepted(office, shopper, hall) for _ in range(3)]
    clock.forward(days=60)
    for wanted in (month(hall), branch(office, "outlet")):
        said, opened = signed(office, wanted)
        text = said + json.dumps(opened)
        for visit in visits:
            assert str(visit.id) not in text
        leaves = [node for each in opened for node in nodes(each["told"]) if node["figure"] == "visit"]
        # In the order of their names outside, which say nothing of the hour.
        assert len(leaves) == 3
        assert [node["subject"] for node in leaves] == sorted(node["subject"] for node in leaves)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_quarter_opens_window_score_weak_items_and_a_branchs_visits(
    office: Office, shopper: User, hall: Outlet, clock: Clock, language: Any
) -> None:
    accepted(office, shopper, hall)
    clock.forward(days=60)
    _, opened = signed(office, branch(office, "inner", language))
    figures = [each["told"]["figure"] for each in opened]
    assert figures == ["window-score", "indicators", "weak-item", "visit-score"]
    province = Wanted(
        Kind.PROVINCE_QUARTER, unit_of(office, "sx/"), Period.read("2026-Q4"), "inner", language
    )
    _, opened = signed(office, province)
    assert [each["told"]["figure"] for each in opened] == ["window-score", "indicators", "weak-item"]
    few = opened[-1]["steps"][0]
    assert few["asked"] == [["最少样本" if language == "zh" else "samples at least", "5"]]
    assert few["notes"]
