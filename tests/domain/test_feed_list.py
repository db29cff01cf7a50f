"""The list of feeds: what it says of words that are kept by code."""

from __future__ import annotations

import pytest

from server.domain.actions import ActionState
from server.domain.appeals import AppealState
from server.domain.deciding import DecisionKind, DecisionState
from server.domain.feed_list import FEEDS
from server.domain.tracking import TrackingState


@pytest.mark.parametrize(
    ("feed", "name", "words"),
    [
        ("Decisions", "kind", DecisionKind),
        ("Decisions", "state", DecisionState),
        ("Actions", "state", ActionState),
        ("Appeals", "state", AppealState),
        ("WeakItems", "state", TrackingState),
    ],
)
def test_every_word_that_a_column_may_hold_is_named(feed: str, name: str, words: type) -> None:
    (said,) = (each.about for each in FEEDS[feed].properties if each.name == name)
    named = set(said.replace(",", " ").split())
    assert {each.value for each in words} <= named  # type: ignore[attr-defined]
