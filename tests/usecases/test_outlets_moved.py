"""An outlet that goes to another unit: the periods before keep it where it lay, and so their ranks and means."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from server.domain.access import SYSTEM, Viewer
from server.domain.deciding import DecisionKind
from server.queries import proposals
from server.storage.organisation import Outlet, Tier, User
from server.usecases import decisions, outlets, periods, replay
from server.usecases.work import Office
from tests import decided as figures_of
from tests import make
from tests.conftest import Clock
from tests.usecases.test_outlets_then import decided, then
from tests.usecases.test_periods import (
    FAILED,
    HALF,
    NOVEMBER,
    accepted,
    agent,
    december,
    do,
    figure,
    hq,
    nobody_twice,
    shopper,
)

__all__ = ["hq", "nobody_twice", "shopper"]
TY, CZ = "sx/ty/xd/", "sx/cz/xd/"


def moved(office: Office, folder: Path, outlet: Outlet, unit: str) -> None:
    """An import says that a village outlet lies in another unit."""
    path = folder / "moved.csv"
    path.write_text(
        f"编码,名称,层级,地域,单位\n{outlet.code},{outlet.name},村级服务站,城市,{unit}\n", encoding="utf-8"
    )
    with office.work() as work:
        assert outlets.apply_import(work, path).clean


def paths(office: Office, code: str) -> dict:
    return {outlet: place.unit_path for outlet, place in then(office, code).items()}


@pytest.fixture
def three(both: Office, shopper: User) -> tuple[Outlet, Outlet, Outlet]:
    """The better and the worse outlet of one county, and the only one of another, which lies between them."""
    better, worse, other = agent(both), agent(both), agent(both, "cz")
    accepted(both, shopper, worse, answers=FAILED)
    return better, worse, other


def test_what_moves_in_december_keeps_its_county_rank_and_means_in_november(
    both: Office, clock: Clock, hq: Viewer, three: tuple[Outlet, ...], tmp_path: Path
) -> None:
    _, worse, _ = three
    december(clock)
    periods.draft(both, hq, NOVEMBER)

    def told() -> list:
        ranks = [figure(both, NOVEMBER, "composite", each.id) for each in three]
        means = [figure(both, NOVEMBER, "composite-mean", path) for path in (TY, CZ, "sx/ty/", "sx/")]
        return [(each.subject, each.exact, each.rank, each.of) for each in (*ranks, *means)]

    before = told()
    assert {each[0]: each[2:] for each in before}[str(worse.id)] == (2, 2)
    moved(both, tmp_path, worse, "sx-cz-xd")
    periods.draft(both, hq, NOVEMBER)
    assert told() == before
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same
    # From the month on whose last day it lies there it is ranked there.
    periods.draft(both, hq, "2026-12")
    assert paths(both, "2026-12")[worse.id] == CZ


def test_the_month_of_a_move_and_the_half_year_count_it_where_it_lay_in_the_end(
    both: Office, clock: Clock, three: tuple[Outlet, ...], tmp_path: Path
) -> None:
    better, worse, other = three
    clock.now = clock.now.replace(month=11, day=29)
    moved(both, tmp_path, worse, "sx-cz-xd")
    december(clock, 12, 31)
    moved(both, tmp_path, worse, "sx-ty-xd")
    moved(both, tmp_path, better, "sx-cz-xd")
    assert paths(both, "2026-10") == {better.id: TY, worse.id: TY, other.id: CZ}
    assert paths(both, NOVEMBER) == {better.id: TY, worse.id: CZ, other.id: CZ}
    assert paths(both, "2026-12") == paths(both, HALF) == {better.id: CZ, worse.id: TY, other.id: CZ}


@pytest.mark.parametrize("moves", [(), (0,), (1, 9)])
def test_exit_counts_each_month_in_the_department_in_which_the_outlet_lay_then(
    both: Office, moves: tuple[int, ...]
) -> None:
    """Handbook 2.9: among the last three of its business department in more than six months of the year."""
    here, there = (make.unit(both, "sx", "ty", "xd", name) for name in ("d1", "d2"))
    shops = [make.outlet(both, tier=Tier.VILLAGE, place=here, class_="C") for _ in range(11)]
    scores = {shop.id: 80 + number for number, shop in enumerate(shops)}
    for number in range(1, 12):
        figures_of.month(both, f"2026-{number:02d}", scores)
    with both.work() as work:
        for number in moves:
            shop = work.session.get_one(Outlet, shops[number].id)
            shop.unit_id, shop.unit_path = there.id, there.path
    figures_of.month(both, "2026-12", scores)
    figures_of.month(both, "2026-H2", dict.fromkeys(scores))
    with both.work(write=False) as work:
        exits = [each for each in proposals.of_period(work.connection, "2026-H2") if each.period == "2026"]
    # Whoever moved in December was among the last three of the department before, or was not, all the same.
    assert {each.outlet for each in exits} == {shop.id for shop in shops[:3]}


def test_a_leaver_lay_in_its_last_month_where_it_lay_on_its_last_day(
    both: Office, clock: Clock, hq: Viewer, three: tuple[Outlet, ...], tmp_path: Path
) -> None:
    leaver = three[0]
    december(clock)
    decided(both, hq, leaver, DecisionKind.EXIT, date(2026, 12, 20))
    december(clock, 12, 20)
    decisions.take_effect(both)
    december(clock, 12, 22)
    moved(both, tmp_path, leaver, "sx-cz-xd")
    assert paths(both, "2026-12")[leaver.id] == TY
