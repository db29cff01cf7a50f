"""The page of the agreement of readers: figures by item and by reviewer, over a time, for those who answer for it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from server.domain.access import ROLES, Permission, Role
from server.storage.organisation import Outlet, User
from server.usecases import review
from server.usecases.work import Office
from tests import make, submitted

Client = Callable[..., make.Caller]


@pytest.fixture(autouse=True)
def everything_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: True)


def read_twice(office: Office, hall: Outlet, first: User, second: User, *verdicts: review.Verdict) -> str:
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall)
    with office.work(submitted.viewer(first)) as work:
        review.decide(work, visit.id, 1, "accept")
    with office.work(submitted.viewer(second)) as work:
        review.decide(work, visit.id, 1, "accept", verdicts=verdicts)
    return str(visit.id)


def rows(page: str) -> list[list[str]]:
    table = page[page.index('<table class="agreement">') : page.index("</table>")]
    return [
        [
            re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell)).strip()
            for cell in re.findall(r"<td.*?</td>", row, re.S)
        ]
        for row in re.findall(r"<tr>.*?</tr>", table, re.S)[1:]
    ]


@pytest.fixture
def readers(office: Office) -> tuple[User, User]:
    return (
        make.user(office, role=Role.REVIEWER, name="初审甲"),
        make.user(office, role=Role.REVIEWER, name="复审乙"),
    )


def test_it_counts_by_item_and_by_reviewer(
    office: Office, client: Client, readers: tuple[User, User]
) -> None:
    hall = make.outlet(office)
    read_twice(office, hall, *readers)
    far = read_twice(office, hall, *readers, review.Verdict(item="A-01", agree=False, value="fail"))
    caller = client(Role.HQ)
    page = caller.get("/visits/agreement?period=2026-Q4").get_data(as_text=True)
    # Five answers of each visit are compared: a choice, a timer and three that pass or fail.
    assert rows(page)[:2] == [
        ["A-01 门头干净完好", "2", "1", "50.00% 需要校准"],
        ["A-02 排队等候时间", "2", "2", "100.00%"],
    ]
    assert len(rows(page)) == 5
    assert '<b class="figure">90.00%</b>' in page
    gaps = page[page.index('id="gaps-h"') :]
    assert f'href="/visits/{far}"' in gaps
    assert re.findall(r'class="n">([\d.]+)<', gaps) == ["100.00", "70.00"]
    people = caller.get("/visits/agreement?period=2026-11&by=reviewer&sort=name").get_data(as_text=True)
    assert rows(people) == [["初审甲", "10", "9", "90.00%"], ["复审乙", "10", "9", "90.00%"]]


def test_a_gap_of_up_to_three_points_is_left_alone(
    office: Office, client: Client, readers: tuple[User, User]
) -> None:
    hall = make.outlet(office)
    read_twice(office, hall, *readers, review.Verdict(item="A-02", agree=False, value=413))
    page = client(Role.HQ).get("/visits/agreement?period=2026-Q4").get_data(as_text=True)
    assert "没有总分差超过 3 分的检查。" in page


def test_the_time_the_search_and_nonsense_are_in_the_address(
    office: Office, client: Client, readers: tuple[User, User]
) -> None:
    read_twice(office, make.outlet(office), *readers)
    caller = client(Role.HQ)

    def get(query: str) -> str:
        return str(caller.get(f"/visits/agreement?{query}").get_data(as_text=True))

    assert "这段时间没有两个人都审核过的检查。" in get("period=2026-10")
    assert rows(get("search=排队")) == [["A-02 排队等候时间", "1", "1", "100.00%"]]
    assert len(rows(get("period=zz&by=<b>&sort=drop&page=x"))) == 5
    assert [row[0][:4] for row in rows(get("sort=-name"))] == ["B-03", "B-02", "B-01", "A-02", "A-01"]
    assert "Agreement of readers" in get("lang=en")


def test_while_the_second_reader_decides_nothing_is_shown(
    office: Office, client: Client, readers: tuple[User, User]
) -> None:
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), make.outlet(office))
    with office.work(submitted.viewer(readers[0])) as work:
        review.decide(work, visit.id, 1, "accept")
    assert "这段时间没有两个人都审核过的检查。" in client(Role.HQ).get("/visits/agreement").get_data(
        as_text=True
    )


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_answers_for_the_readers_sees_it(office: Office, client: Client, role: Role) -> None:
    hall = make.outlet(office)
    answer = client(make.user(office, role=role, outlet_id=hall.id)).get("/visits/agreement")
    assert answer.status_code == (200 if Permission.SEE_AGREEMENT in ROLES[role] else 403)
