"""Stars reach their outlets: with the publication of the period that rates, from that day on, and corrected with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import SYSTEM
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries import results, star_past
from server.queries.reckoning import Place
from server.queries.rules import rule_set
from server.storage.decisions import OutletChange
from server.storage.organisation import Outlet
from server.storage.periods import PeriodRow
from server.usecases.work import Work

FIELD = "star"
_AT_ONCE = 500


def give(work: Work, row: PeriodRow, outlets: Collection[UUID] = ()) -> int:
    """Give the stars of a published period to its outlets, or to some of them; returns how many outlets changed.

    An outlet that was never rated has the star of before, so a first rating that is taken back leaves none. Where a later
    period's stars were given out already, they stay; the history says what became of the earlier one all the same. Nothing
    of any period's figures changes: a round keeps the stars that it was computed with. Doing it again changes nothing.
    """
    period = Period.read(row.code)
    if period.kind != rule_set(work.connection, row.rules_version).stars.period:
        return 0
    work.session.flush()
    found = results.results(work.connection, SYSTEM, row.code, [FIELD], [str(outlet) for outlet in outlets])
    unrated = [each.subject for each in found if each.value is None]
    before = star_past.stars_before(work.connection, period, unrated)
    rated = {
        UUID(each.subject): before.get(each.subject) if each.value is None else int(each.value)
        for each in found
    }
    later = _given_later(work, period)
    changed = 0
    ids = sorted(rated)
    for begin in range(0, len(ids), _AT_ONCE):
        some = ids[begin : begin + _AT_ONCE]
        for outlet in work.session.exec(select(Outlet).where(col(Outlet.id).in_(some)).with_for_update()):
            if outlet.id not in later and outlet.star != rated[outlet.id]:
                _change(work, row, outlet, rated[outlet.id])
                changed += 1
    work.session.flush()
    return changed


def held_before(work: Work, period: Period, places: Sequence[Place]) -> list[Place]:
    """The outlets with the stars that a period builds on: those of the latest rating before it that stands.

    So it builds neither on its own stars, where it is computed anew, nor on those of later ones, and on an earlier one as it
    was corrected. Whom none has rated has what it held before anything was given out.
    """
    rated = star_past.stars_before(work.connection, period, [str(place.outlet) for place in places])
    now = {row[0]: row[1] for row in work.connection.execute(sa.select(col(Outlet.id), col(Outlet.star)))}
    first: dict[UUID, str] = {}
    for change in _changes(work):
        first.setdefault(change.outlet_id, change.before)
    at_first = now | {outlet: int(star) if star else None for outlet, star in first.items()}
    return [replace(place, star=rated.get(str(place.outlet), at_first[place.outlet])) for place in places]


def _change(work: Work, row: PeriodRow, outlet: Outlet, star: int | None) -> None:
    before, after = ("" if each is None else str(each) for each in (outlet.star, star))
    outlet.star, outlet.changed_at = star, work.now
    work.session.add(
        OutletChange(
            id=uuid5(NAMESPACE_URL, f"xunting:star:{row.code}:{row.round}:{outlet.id}"),
            outlet_id=outlet.id,
            period=row.code,
            field=FIELD,
            before=before,
            after=after,
            from_day=_day(work),
            at=work.now,
        )
    )
    work.record(
        "outlet.star-given", "outlet", outlet.id, period=row.code, round=row.round, before=before, after=star
    )


def _given_later(work: Work, period: Period) -> set[UUID]:
    """The outlets that a later published period rated: theirs are its stars."""
    found: set[UUID] = set()
    for row in results.periods(work.connection, SYSTEM):
        other = Period.read(row.code)
        # A month rates nobody, whatever the rules say; of the others a later rule set may rate by another kind.
        if other.kind != "month" and other.first > period.first and row.state in results.STANDING:
            stars = results.results(work.connection, SYSTEM, row.code, [FIELD])
            found |= {UUID(each.subject) for each in stars if each.value is not None}
    return found


def _changes(work: Work) -> list[OutletChange]:
    """All changes of stars by published ratings, the earliest first."""
    statement = (
        select(OutletChange)
        .where(OutletChange.field == FIELD, OutletChange.period != "")
        .order_by(col(OutletChange.at), col(OutletChange.id))
    )
    return list(work.session.exec(statement))


def _day(work: Work) -> date:
    return work.now.astimezone(SHANGHAI).date()
