"""A narrowed trial of rules is the full one: whatever a draft changes, nothing is left out that would have come out otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import SYSTEM
from server.domain.figure_parts import CompositeParts, filled_in
from server.domain.periods import Period
from server.domain.rule_parts import plain_figure
from server.domain.rules import Leaf, RuleSet, leaves, plain, read_rules
from server.domain.trial_narrowing import (
    Ground,
    classes_from,
    composites_from,
    filled_in_alike,
    stars_from,
)
from server.domain.trials import PARTS
from server.domain.visit import VisitKind
from server.queries import stored_figures
from server.queries.rules import rule_set
from server.storage.facts import VisitFacts
from server.storage.inputs import MonthCount, VetoEvent
from server.storage.organisation import Outlet
from server.storage.periods import PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases import commission, periods, trial_rows
from server.usecases.rules import changed
from server.usecases.trial_grounds import grounds, outlets
from server.usecases.trial_portion import portion
from server.usecases.work import Office
from tests import province
from tests.conftest import Clock

HALF = "2026-H2"
MONTHS = tuple(f"2026-{month:02}" for month in range(7, 13))
DRAFTS = 32
# What fills in for missing parts is so little of a rule set that it is always among the drafts, in both directions.
ALWAYS = (
    *(("/composite/missing/months_before", months) for months in (0, 1, 3)),
    *(("/composite/missing/least_replies", replies) for replies in (1, 45, 90)),
    *(("/composite/missing/replies_months", months) for months in (1, 4)),
    ("/composite/bonus/praise", "0.2"),
    ("/composite/bonus/idea", "2"),
)


@pytest.fixture
def stored(office: Office, clock: Clock) -> Office:
    """A published half-year with vetoes, praises and missing inputs, of which two months have their commission."""
    clock.now = datetime(2027, 1, 5, 3, tzinfo=UTC)
    made = province.filled(office)
    chance = Random(3)
    with office.work() as work:
        for n, code in enumerate(("V1", "V5", "V8")):
            day = date(2026, 8 + n, 3)
            work.session.add(
                VetoEvent(
                    id=uuid4(),
                    outlet_id=made[n + 1].id,
                    code=code,
                    day=day,
                    at=datetime(2026, 11, 5, tzinfo=UTC),
                )
            )
        for outlet in made:
            for code in ("praises", "ideas"):
                part = chance.choice((0, 0, 1, 8))
                work.session.add(MonthCount(outlet_id=outlet.id, month="2026-09", code=code, part=part))
            for month in range(5, 13):
                _missing(work.session, outlet.id, f"2026-{month:02}", chance)
    for code in (*MONTHS, "2026-Q3", "2026-Q4", HALF):
        periods.draft(office, SYSTEM, code)
        with office.work() as work:
            work.session.get_one(PeriodRow, code).state = PeriodState.PUBLISHED
    with office.work() as work:
        for code in MONTHS[:2]:
            commission.compute(work, code)
    return office


def _missing(session: Session, outlet: UUID, month: str, chance: Random) -> None:
    """Leave some inputs of a month out, have few replies in others, and make a third of its visits those of the area manager."""
    for code in ("audit", "certified", "csat_hall"):
        if chance.random() < 0.3:
            session.delete(session.get_one(MonthCount, (outlet, month, code)))
        elif code == "csat_hall" and chance.random() < 0.4:
            replies = session.get_one(MonthCount, (outlet, month, code))
            replies.part, replies.whole = 9, 10 + chance.randrange(40)
    if chance.random() < 0.3:
        period = Period.read(month)
        for model in (VisitFacts, Visit):
            table: Any = model.__table__  # type: ignore[attr-defined]
            in_month = (table.c.visit_date >= period.first, table.c.visit_date < period.after)
            visits = sa.update(table).where(table.c.outlet_id == outlet, *in_month)
            session.execute(visits.values(kind=VisitKind.AREA_VISIT.value))


def drafts(own: RuleSet) -> Iterator[tuple[list[str], RuleSet]]:
    """Rule sets of which one to three figures differ, drawn from all that bear on results; the same for a seed."""
    chance = Random(11)
    every = [
        leaf
        for leaf in leaves(own)
        if leaf.pointer.split("/")[1] in PARTS and _moved(leaf, chance) is not None
    ]
    found = 0
    while found < DRAFTS:
        some = chance.sample(every, chance.randrange(1, 4))
        values = {leaf.pointer: _moved(leaf, chance) for leaf in some}
        if found < len(ALWAYS):
            some, values = [], dict([ALWAYS[found]])
        # A weight takes from its neighbour what it gets.
        for leaf in some:
            if "/weights/" in leaf.pointer or "/own_hall/" in leaf.pointer:
                values |= _balanced(own, leaf.pointer, chance)
        rules, findings = read_rules(changed(plain(own), values))
        if rules is not None and not findings:
            found += 1
            yield sorted(values), rules


def _moved(leaf: Leaf, chance: Random) -> Any:
    value = leaf.value
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return max(1, value + chance.choice((-3, -1, 1, 2, 5)))
    try:
        return plain_figure(Fraction(value) + chance.choice((Fraction(-1, 10), Fraction(1, 10))))
    except ValueError:
        return None


def _balanced(own: RuleSet, pointer: str, chance: Random) -> dict[str, Any]:
    group, _ = pointer.rsplit("/", 1)
    mates = [
        leaf for leaf in leaves(own) if leaf.pointer.rsplit("/", 1)[0] == group and leaf.pointer != pointer
    ]
    mine = next(leaf for leaf in leaves(own) if leaf.pointer == pointer)
    mate = chance.choice([leaf for leaf in mates if leaf.value >= 5] or mates)
    return {pointer: mine.value + 5, mate.pointer: mate.value - 5}


def test_whatever_a_draft_changes_the_narrowed_trial_is_the_full_one(stored: Office) -> None:
    ways: set[str] = set()
    moved = 0
    with stored.work(write=False) as work:
        own = rule_set(work.connection, 1)
        for changes, rules in drafts(own):
            for period in (HALF, "2026-Q4", "2026-11"):
                of = grounds(work.connection, periods.read_period(period), rules, date(2027, 1, 5))
                places, otherwise = outlets(work.connection, of)
                narrowed, full = (
                    trial_rows.rows(
                        work.connection, portion(work.connection, of, places, otherwise, full=full)
                    )
                    for full in (False, True)
                )
                assert narrowed == full, (period, changes)
                moved += any(row.changed for row in narrowed)
                ways |= {f"composite {each.name}" for each in _composites(work.connection, own, rules)}
                ways |= {
                    f"star {stars_from(own, rules, of.period, agent=agent, moved=False).name}"
                    for agent in (True, False)
                }
                ways.add(f"class {classes_from(own, rules, of.period).name}")
    assert moved > DRAFTS // 4
    for figure in ("composite", "star", "class"):
        assert {f"{figure} {each.name}" for each in Ground} <= ways


def _composites(connection: sa.Connection, own: RuleSet, rules: RuleSet) -> Iterator[Ground]:
    """From what the composites of a month follow."""
    for tier in ("village", "franchise"):
        yield composites_from(own, rules, tier)
    if not filled_in_alike(own, rules):
        names = [str(outlet) for outlet in connection.execute(sa.select(col(Outlet.id))).scalars()]
        for _, kept in stored_figures.parts(connection, "2026-11", 1, "composite", names):
            parts = CompositeParts(*kept)
            filled = filled_in(
                parts, Period.read("2026-11"), own.composite, rules.composite, lambda name, code: None
            )
            yield Ground.FACTS if filled is None else Ground.EXPLAINED
