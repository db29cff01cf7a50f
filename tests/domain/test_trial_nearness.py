"""An outlet is near a line only where the line decides about it."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.periods import Period
from server.domain.stars import Standing
from server.domain.trial_nearness import Nearness
from server.domain.trials import Side
from tests.standards import RULES

HALF = Period.read("2026-H1")
MONTHS = [each.code for each in HALF.split("month")]


def standing(held: int | None) -> Standing:
    return Standing(
        basis=None,
        spells={},
        agent=True,
        perception=None,
        prohibitions=None,
        vetoes=(),
        star=held,
        reached_before=(),
        since=None,
    )


def near(of: Standing | None = None, tier: str = "ordinary", **side: Any) -> set[str]:
    found = Nearness(RULES, HALF, MONTHS).of(Side(**{"composites": (None,) * 6, **side}), of, None, tier=tier)
    return {each.code for each in found}


@pytest.mark.parametrize(
    ("held", "basis", "lines"),
    [
        # Of who has no star yet three are the most; five are out of reach however near their line is.
        (None, 9450, set()),
        (None, 8450, {"star-3"}),
        (3, 9450, set()),
        (3, 8950, {"star-4"}),
        # Under the line of the star that is held one is lost.
        (3, 8550, {"star-3"}),
        (4, 9450, {"star-5"}),
        (5, 9050, set()),
    ],
)
def test_a_stars_line_is_that_of_the_star_held_or_the_next(
    held: int | None, basis: int, lines: set[str]
) -> None:
    assert near(standing(held), basis=basis) == lines


@pytest.mark.parametrize(
    ("tier", "class_", "lines"),
    [("ordinary", "A", {"upgrade"}), ("ordinary", "B", set()), ("franchise", "A", set())],
)
def test_the_line_of_an_upgrade_is_of_who_has_a_tier_above_and_the_class(
    tier: str, class_: str, lines: set[str]
) -> None:
    mean = (8960, 8960, None, None, None, None)
    found = near(tier=tier, composites=mean, outlet_class=class_)
    assert found & {"upgrade", "downgrade"} == lines


def test_the_lowest_tier_is_never_near_a_downgrade() -> None:
    mean = (7550,) * 6
    assert "downgrade" in near(tier="ordinary", composites=mean)
    assert "downgrade" not in near(tier="village", composites=mean)
