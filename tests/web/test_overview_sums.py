"""What the overview adds up: a period without all its months is compared with nothing, and a card opens what it counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest

from server.domain.access import SYSTEM, Role
from server.queries.reports import report_id_of
from server.storage.commission import CommissionMonth, CommissionRun, CommissionState
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import periods, review
from server.usecases.work import Office
from tests import appealed, make, submitted
from tests.make import Caller

Client = Callable[..., Caller]
SECOND = ("2026-07", "2026-08", "2026-09")


@pytest.fixture
def outlet(office: Office) -> Outlet:
    made = make.outlet(office, tier=Tier.VILLAGE, place=make.unit(office, "sx", "ty", "xd"))
    for code in ("2026-09", "2026-Q3", "2026-H2"):
        periods.draft(office, SYSTEM, code)
    with office.work() as work:
        for code in ("2026-09", "2026-Q3"):
            work.session.get_one(PeriodRow, code).state = PeriodState.PUBLISHED
    return made


def paid(office: Office, outlet: Outlet, *months: str, fen: int = 10_000, closed: bool = True) -> None:
    with office.work() as work:
        for month in months:
            work.session.add(
                CommissionRun(
                    month=month,
                    state=CommissionState.CLOSED if closed else CommissionState.COMPUTED,
                    round=1,
                    rules_version=1,
                    digest="0" * 64,
                    computed_at=datetime(2026, 10, 1, tzinfo=UTC),
                )
            )
            work.session.add(
                CommissionMonth(
                    month=month,
                    outlet_id=outlet.id,
                    unit_path=outlet.unit_path,
                    tier="village",
                    class_="A",
                    setting="rural",
                    base_fen=fen,
                    years_factor="1",
                    pay_factor="1",
                    veto=False,
                    amount_fen=fen,
                    withheld_fen=0,
                    staff_fen=0,
                    paid_fen=fen,
                    refunded_fen=0,
                    settled_fen=0,
                    carried_in_fen=0,
                    carried_on_fen=0,
                    explanation=b"",
                )
            )


def card(caller: Caller, name: str = "服务佣金", **asked: str) -> tuple[str, list[str]]:
    """A card as text, and the addresses it opens."""
    text = unescape(caller.get("/overview", query_string=asked).text)
    found = next(
        each
        for each in re.findall(r"<li>\s*(<(?:a|div) class=\"card gauge.*?)</li>", text, re.DOTALL)
        if name in each
    )
    return " ".join(re.sub(r"<[^>]+>", " ", found).split()), re.findall(r'href="([^"]+)"', found)


def test_a_half_year_without_all_its_months_says_so_and_is_compared_with_nothing(
    office: Office, outlet: Outlet, client: Client
) -> None:
    paid(office, outlet, "2026-03", "2026-04", "2026-05", "2026-06", *SECOND)
    text, _ = card(client(Role.HQ), period="2026-H2")
    assert "6 个月中的 3 个月" in text
    assert "未发布" in text
    assert "月份不全，不和 2026-H1 比" in text
    assert "▼" not in text


def test_whole_quarters_are_compared(office: Office, outlet: Outlet, client: Client) -> None:
    paid(office, outlet, "2026-04", "2026-05", "2026-06", fen=9_000)
    paid(office, outlet, *SECOND)
    text, _ = card(client(Role.HQ), period="2026-Q3")
    assert "300.00" in text
    assert "比 2026-Q2 高 30.00" in text
    assert "个月中的" not in text


def test_nothing_is_called_paid_before_every_month_is_closed(
    office: Office, outlet: Outlet, client: Client
) -> None:
    paid(office, outlet, *SECOND[:2])
    paid(office, outlet, SECOND[2], closed=False)
    text, _ = card(client(Role.HQ), period="2026-Q3")
    assert "未关账，仅供核对" in text
    assert "实付" not in text


def test_the_card_of_a_quarter_opens_each_of_its_months_and_within_the_unit_alone(
    office: Office, outlet: Outlet, client: Client
) -> None:
    paid(office, outlet, *SECOND)
    elsewhere = make.outlet(office, tier=Tier.VILLAGE, place=make.unit(office, "sx", "ty", "qx"))
    with office.work() as work:
        first = work.session.get_one(CommissionMonth, ("2026-07", outlet.id))
        values = first.model_dump() | {"outlet_id": elsewhere.id, "unit_path": elsewhere.unit_path}
        work.session.add(CommissionMonth(**values))
    hq = client(Role.HQ)
    text, opens = card(hq, period="2026-Q3", unit="sx/ty/xd/")
    assert "300.00" in text
    assert [re.search(r"month=([\d-]+)", to)[1] for to in opens] == list(SECOND)  # type: ignore[index]
    listed = hq.get(opens[0]).text
    assert outlet.code in listed
    assert elsewhere.code not in listed


def test_an_appeal_counts_once_by_its_last_answer_and_the_card_opens_those_that_it_counts(
    office: Office, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)
    hall = make.outlet(office)
    shopper = make.user(office, role=Role.SHOPPER)
    visit, _, _ = appealed.published(office, shopper, hall)
    owner = submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    judge, other = submitted.reviewer(office), submitted.reviewer(office)
    asked = visit.model_copy(update={"id": report_id_of(visit.id, 1, "outlet")})
    waits = appealed.made(office, owner, asked, "A-02")
    waits = appealed.answered(office, judge, waits)
    appealed.again(office, owner, waits.model_copy(update={"visit_id": asked.id}))
    appealed.answered(office, other, appealed.made(office, owner, asked, "A-01"), uphold=True)
    periods.draft(office, SYSTEM, "2026-11")
    with office.work() as work:
        work.session.get_one(PeriodRow, "2026-11").state = PeriodState.PUBLISHED
    hq = client(Role.HQ)
    text, opens = card(hq, "成立的申诉", period="2026-11")
    assert text.startswith("成立的申诉 2026-11 1 答复 1 件")
    assert "共 1 件申诉" in hq.get(opens[0]).text
    assert "共 0 件申诉" in hq.get(opens[0].replace("2026-11", "2026-10")).text
