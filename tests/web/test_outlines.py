"""Outlines of units on the overview's map: hulls of their outlets, read again only when one of them moves."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Role
from server.queries import outlines, overview_league
from server.queries.outlines import hull
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
