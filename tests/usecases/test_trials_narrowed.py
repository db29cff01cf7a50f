"""A narrowed trial of rules is the full one: whatever a draft changes, nothing is left out that would have come out otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from server.domain.access import SYSTEM
from server.domain.rule_parts import plain_figure
from server.domain.rules import Leaf, RuleSet, leaves, plain, read_rules
from server.domain.trial_narrowing import Ground, classes_from, composites_from, stars_from
from server.domain.trials import PARTS
from server.queries.rules import rule_set
from server.storage.inputs import MonthCount, VetoEvent
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import commission, periods, trial_rows
from server.usecases.rules import changed
from server.usecases.trial_grounds import grounds, outlets
from server.usecases.trial_portion import portion
from server.usecases.work import Office
from tests import province
from tests.conftest import Clock

HALF = "2026-H2"
MONTHS = tuple(f"2026-{month:02}" for month in range(7, 13))
DRAFTS = 24
# What fills in for missing parts asks for visits and inputs anew; so rare that it is always among the drafts.
ALWAYS = ("/composite/missing/months_before", "/composite/missing/least_replies", "/composite/bonus/praise")


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
            work.session.add(
                MonthCount(outlet_id=outlet.id, month="2026-09", code="praises", part=chance.randrange(9))
            )
            gone = work.session.get(
                MonthCount, (outlet.id, f"2026-{chance.randrange(7, 13):02}", "csat_hall")
            )
            assert gone is not None
            if chance.random() < 0.5:
                work.session.delete(gone)
    for code in (*MONTHS, "2026-Q3", "2026-Q4", HALF):
        periods.draft(office, SYSTEM, code)
        with office.work() as work:
            work.session.get_one(PeriodRow, code).state = PeriodState.PUBLISHED
    with office.work() as work:
        for code in MONTHS[:2]:
            commission.compute(work, code)
    return office


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
        if found < len(ALWAYS):
            some = [leaf for leaf in every if leaf.pointer == ALWAYS[found]]
        values = {leaf.pointer: _moved(leaf, chance) for leaf in some}
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
                ways |= {
                    f"composite {composites_from(own, rules, tier).name}" for tier in ("village", "franchise")
                }
                ways |= {
                    f"star {stars_from(own, rules, of.period, agent=agent, moved=False).name}"
                    for agent in (True, False)
                }
                ways.add(f"class {classes_from(own, rules, of.period).name}")
    assert moved > DRAFTS // 4
    for figure in ("composite", "star", "class"):
        assert {f"{figure} {each.name}" for each in Ground} <= ways
