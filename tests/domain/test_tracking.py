"""The turns of a tracked weak item: opened, missed, closed and opened again, and what a correction takes back of them."""

from __future__ import annotations

import pytest

from server.domain.tracking import Seen, Step, TrackingState, Turn, misses, since, state_after, turns
from server.domain.weak_items import Outcome

Q = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")
WEAK: tuple[bool, Outcome | None] = (True, None)


def of(*quarters: tuple[bool, Outcome | None]) -> list[tuple[str, str]]:
    found = turns(Seen(period, weak, outcome) for period, (weak, outcome) in zip(Q, quarters, strict=False))
    return [(turn.period, turn.step.value) for turn in found]


@pytest.mark.parametrize(
    ("quarters", "expected"),
    [
        ([(False, None), (False, "missed")], []),
        ([WEAK, (False, "missed")], [(Q[0], "opened"), (Q[1], "missed")]),
        # The weak item again, and its target missed: that it stays is one turn.
        ([WEAK, (True, "missed")], [(Q[0], "opened"), (Q[1], "missed")]),
        ([WEAK, (False, "too_few"), (False, "missed")], [(Q[0], "opened"), (Q[2], "missed")]),
        (
            [WEAK, (False, "missed"), (False, "missed"), (False, "met")],
            [(Q[0], "opened"), (Q[1], "missed"), (Q[2], "missed"), (Q[3], "closed")],
        ),
        # Once closed there is no target to miss until it is the weak item again.
        (
            [WEAK, (False, "met"), (False, "missed"), (True, "missed")],
            [(Q[0], "opened"), (Q[1], "closed"), (Q[3], "reopened")],
        ),
        # Better by far, and still the lowest: neither missed nor closed.
        ([WEAK, (True, "met")], [(Q[0], "opened")]),
    ],
)
def test_each_quarter_brings_at_most_one_turn(
    quarters: list[tuple[bool, Outcome | None]], expected: list[tuple[str, str]]
) -> None:
    assert of(*quarters) == expected


def test_a_missed_target_moves_neither_the_state_nor_the_quarter_since_which_it_stands() -> None:
    found = [Turn(Q[0], Step.OPENED), Turn(Q[1], Step.MISSED), Turn(Q[2], Step.MISSED)]
    assert (state_after(found), since(found)) == (TrackingState.OPEN, Q[0])
    assert (state_after([]), since([])) == (TrackingState.WITHDRAWN, "")


def test_a_missed_target_is_news_once_and_one_that_was_told_and_is_none_is_taken_back_once() -> None:
    opened, first, second = Turn(Q[0], Step.OPENED), Turn(Q[1], Step.MISSED), Turn(Q[2], Step.MISSED)
    back = Turn(Q[1], Step.MISS_CORRECTED)
    assert misses([], [opened, first]) == [first]
    assert misses([opened, first], [opened, first]) == []
    assert misses([opened, first], [opened, first, second]) == [second]
    assert misses([opened, first], [opened, second]) == [back, second]
    assert misses([opened, first, back], [opened]) == []
    # Corrected back again, it is told anew.
    assert misses([opened, first, back], [opened, first]) == [first]
