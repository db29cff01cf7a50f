"""Makers of published quarters: mystery visits to a hall with so many of them failed, and the quarter brought to its publication."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlmodel import select

from server.domain.access import SYSTEM, Viewer
from server.domain.periods import Period
from server.domain.visit import VisitState
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.storage.weak_items import TrackedItem
from server.usecases import periods, review
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock

FIRST, SECOND, THIRD = "2025-Q2", "2025-Q3", "2025-Q4"
FAILED = {**submitted.GOOD, "A-01": {"value": "fail"}}
"""The touchpoints of section A earn two fifths."""
BRUSHED_OFF = {**submitted.GOOD, "B-01": {"value": "fail"}, "B-02": {"value": "fail"}}


def visits(
    office: Office,
    shopper: User,
    hall: Outlet,
    code: str,
    failed: int,
    of: int = 5,
    answers: dict[str, object] = FAILED,
) -> list[Visit]:
    """Published mystery visits in the quarter's second month, the first so many of them failed."""
    made = []
    month = Period.read(code).split("month")[1].code
    for number in range(of):
        day = f"{month}-{number + 3:02d}T0"
        visit = submitted.visit(
            office,
            shopper,
            hall,
            answers=answers if number < failed else submitted.GOOD,
            started_at=f"{day}1:10:05Z",
            left_at=f"{day}1:40:05Z",
            finished_at=f"{day}1:50:00Z",
        )
        with office.work(submitted.reviewer(office)) as work:
            review.decide(work, visit.id, 1, "accept")
        with office.work() as work:
            found = work.session.get_one(Visit, visit.id)
            found.state, found.published_at = VisitState.PUBLISHED, work.now
        made.append(visit)
    return made


def drafted(office: Office, clock: Clock, code: str) -> None:
    """The quarter computed soon after its end."""
    after = Period.read(code).after
    clock.now = max(clock.now, datetime(after.year, after.month, 4, 3, tzinfo=UTC))
    periods.draft(office, SYSTEM, code)


def publish(office: Office, clock: Clock, code: str) -> None:
    """The quarter drafted, opened and, when its time is over, published."""
    drafted(office, clock, code)
    with office.work() as work:
        periods.open_draft(work, code)
    clock.forward(days=15)
    with office.work() as work:
        periods.publish(work, code)


def hall_in(office: Office, branch: str, **given: object) -> Outlet:
    """A hall in the county xd of a branch."""
    return make.outlet(office, place=make.unit(office, "sx", branch, "xd", "d1", "a1"), **given)


def tracked(office: Office) -> dict[tuple[str, str], TrackedItem]:
    """The tracked items by branch and indicator."""
    with office.work(write=False) as work:
        return {(item.unit_path, item.indicator): item for item in work.session.exec(select(TrackedItem))}


def only(office: Office) -> TrackedItem:
    """The only tracked item that there is."""
    (item,) = tracked(office).values()
    return item


def viewer_in(office: Office, role: object, path: str = "sx/ty/", **given: object) -> Viewer:
    """Somebody new of a part of the organisation."""
    return submitted.viewer(make.user(office, role=role, unit_path=path, **given))  # type: ignore[arg-type]
