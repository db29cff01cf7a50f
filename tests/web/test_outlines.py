"""Outlines of units on the overview's map: hulls of their outlets, read again only when one of them moves."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Role
from server.queries import outlines, overview_league
from server.queries.outlines import Spot, hull, near
from server.storage.organisation import Outlet, OutletStatus, Tier
from server.usecases import people
from server.usecases.work import Office
from tests import make
from tests.make import Caller

Client = Callable[..., Caller]
CORNERS = ((37.0, 112.0), (37.0, 113.0), (38.0, 112.5))


def test_a_hull_holds_every_spot_and_has_corners_of_its_spots_alone() -> None:
    chance = Random(7)
    spots = [(chance.random(), chance.random()) for _ in range(300)]
    corners = hull(spots)
    assert set(corners) < set(spots)
    for (ay, ax), (by, bx) in zip(corners, (*corners[1:], corners[0]), strict=True):
        assert all((by - ay) * (x - ax) - (bx - ax) * (y - ay) >= 0 for y, x in spots)


def test_a_hull_of_few_spots_is_those() -> None:
    assert hull([]) == ()
    assert hull([(1.0, 2.0), (1.0, 2.0)]) == ((1.0, 2.0),)
    assert hull([(2.0, 2.0), (1.0, 1.0), (3.0, 3.0)]) == ((1.0, 1.0), (3.0, 3.0))


TAIYUAN = [(37.86 + 0.1 * (n % 5), 112.56 + 0.1 * (n // 5)) for n in range(12)]


@pytest.mark.parametrize("wrong", [(23.1, 113.3), (40.1, 113.3), (37.9, 118.0)])
def test_a_spot_that_lies_by_far_outside_of_all_others_is_astray(wrong: Spot) -> None:
    assert near([*TAIYUAN, wrong]) == TAIYUAN
    assert near([wrong, *TAIYUAN[:3]]) == TAIYUAN[:3]


def test_far_counties_small_units_and_those_that_lie_apart_keep_all_their_spots() -> None:
    far = [(38.7, 112.7), (38.75, 112.7), (39.5, 111.6), (39.5, 111.7)]
    for spots in (
        [*TAIYUAN, *far],
        # Of few, or of two halves that lie apart, nobody can tell which is wrong.
        [TAIYUAN[0], (23.1, 113.3)],
        [TAIYUAN[0], TAIYUAN[1], (23.1, 113.3)],
        [*TAIYUAN[:4], *[(23.1, 113.3 + n / 10) for n in range(4)]],
        [TAIYUAN[0]] * 5,
        [],
    ):
        assert near(spots) == spots


def test_an_outlet_with_a_wrong_position_stretches_neither_the_land_nor_the_map(
    office: Office, client: Client
) -> None:
    place, beside = make.unit(office, "sx", "ty", "xd"), make.unit(office, "sx", "dt", "xd")
    for lat, lng in TAIYUAN:
        make.outlet(office, tier=Tier.VILLAGE, place=place, lat=lat, lng=lng)
        make.outlet(office, tier=Tier.VILLAGE, place=beside, lat=lat + 2, lng=lng + 1)
    wrong = make.outlet(office, tier=Tier.VILLAGE, place=place, name="走失的店", lat=23.1, lng=113.3)
    viewer = people.viewer_of(make.user(office, role=Role.HQ))
    with office.work(write=False) as work:
        kind, members = overview_league._below(work.connection, viewer, "sx/")
        assert kind == "branch"
        ty = next(member for member in members if member.subject == "sx/ty/")
        assert set(ty.outline) == set(hull(TAIYUAN))
        assert (ty.outlets, ty.astray) == (13, 1)
        assert ty.lat == pytest.approx(sum(lat for lat, _ in TAIYUAN) / 12)
        kind, members = overview_league._below(work.connection, viewer, "sx/ty/")
        assert kind == "outlet"
        astray = [(member.subject, member.lat, member.astray) for member in members if member.astray]
        assert astray == [(str(wrong.id), None, 1)]
    with office.work() as work:
        work.session.get_one(Outlet, wrong.id).lat = 38.0
    with office.work(write=False) as work:
        _, members = overview_league._below(work.connection, viewer, "sx/")
    assert {member.astray for member in members} == {0}


def _placed(office: Office) -> list[Outlet]:
    place = make.unit(office, "sx", "ty", "xd")
    make.unit(office, "sx", "dt", "xd")
    inner = make.outlet(office, tier=Tier.VILLAGE, place=place, lat=37.4, lng=112.5)
    return [
        inner,
        *(make.outlet(office, tier=Tier.VILLAGE, place=place, lat=lat, lng=lng) for lat, lng in CORNERS),
    ]


def _branch(office: Office, role: Role = Role.HQ) -> tuple[tuple[float, float], ...]:
    viewer = people.viewer_of(make.user(office, role=role))
    with office.work(write=False) as work:
        _, members = overview_league._below(work.connection, viewer, "sx/")
    return next(member.outline for member in members if member.subject == "sx/ty/")


def test_the_outline_of_a_branch_follows_its_outlets(office: Office) -> None:
    inner, *corners = _placed(office)
    assert set(_branch(office)) == set(CORNERS)
    with office.work() as work:
        work.session.get_one(Outlet, corners[2].id).status = OutletStatus.EXITED
    assert (38.0, 112.5) not in _branch(office)
    with office.work() as work:
        work.session.get_one(Outlet, inner.id).lat = 39.0
    assert (39.0, 112.5) in _branch(office)


def test_outlets_that_stay_where_they_are_are_not_read_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _placed(office)
    _branch(office)
    read: list[str] = []
    real = outlines._spots
    monkeypatch.setattr(
        outlines, "_spots", lambda connection, paths: read.extend(paths) or real(connection, paths)
    )
    _branch(office)
    assert read == []
    with office.work() as work:
        work.connection.execute(sa.update(Outlet).values(lat=col(Outlet.lat) + 0.5))
    _branch(office)
    assert read == ["sx/ty/xd/"]


def test_nobody_sees_the_outline_of_a_unit_out_of_sight(office: Office, client: Client) -> None:
    _placed(office)
    manager = client(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"))
    assert "112.5" not in manager.get("/overview").get_data(as_text=True)
    assert manager.get("/overview?unit=sx/ty/").status_code == 404
