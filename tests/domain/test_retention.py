"""How long pictures are kept (handbook 03, Law and conduct 5): from the end of the last matter; a running one stops the clock."""

from __future__ import annotations

from datetime import UTC, datetime

from server.domain.retention import evidence_ends, masked_ends
from server.domain.rules_visits import Retention

RULES = Retention(evidence_days=90, outlet_months=12, score_years=3)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_time_counts_from_the_last_matter() -> None:
    matters = [at("2026-03-02T16:00"), at("2026-01-01T00:00"), at("2026-02-01T08:30")]
    assert evidence_ends(matters, RULES) == at("2026-05-31T16:00")


def test_what_runs_stops_the_clock() -> None:
    assert evidence_ends([at("2026-03-02T16:00"), None], RULES) is None
    assert evidence_ends([], RULES) is None


def test_masked_pictures_stay_whole_months_also_over_short_ones() -> None:
    # 1 March 2024 in Taiyuan; a year later it is 1 March again, though 2024 had a 29 February.
    assert masked_ends(at("2024-02-29T16:30"), RULES) == at("2025-02-28T16:30")
    # 29 February in Taiyuan has no like a year later: the last day of that month.
    assert masked_ends(at("2024-02-29T02:00"), RULES) == at("2025-02-28T02:00")
