"""The reviewer's flags: each rule of the handbook once on either side of its limit."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from server.domain.evidence import Picture, Site, departed, distance_m, flags
from server.domain.review import drawn, second_review_for
from server.domain.visit import VisitDocument
from tests import standards

RULES = standards.RULES.evidence
HALL = Site("own_hall", 37.86, 112.56)
AT_HALL = {"lat": 37.86, "lng": 112.56, "accuracy_m": 30.0, "at": "2026-11-21T01:10:00Z"}


def document(**given: Any) -> VisitDocument:
    sent = {
        "id": str(uuid4()),
        "outlet_id": str(uuid4()),
        "kind": "mystery",
        "checklist": {"id": "small-hall", "version": 1},
        "intent": "submit",
        "started_at": "2026-11-21T01:10:00Z",
        "left_at": "2026-11-21T01:40:00Z",
        "finished_at": "2026-11-21T02:00:00Z",
        "clock_offset_ms": -830,
        "app": "0.1.0",
        "position": {"start": AT_HALL, "end": AT_HALL},
        **given,
    }
    return VisitDocument.model_validate_json(json.dumps(sent))


def codes(found: VisitDocument, site: Site = HALL, **given: Any) -> list[str]:
    return [flag.code for flag in flags(found, site, RULES, **given)]


def north(metres: float) -> dict[str, Any]:
    return {**AT_HALL, "lat": 37.86 + metres / 111_194.9}


def test_a_clean_visit_has_no_flag() -> None:
    assert codes(document()) == []


def test_distance_on_the_sphere_is_known_places_apart() -> None:
    assert distance_m(37.86, 112.56, 37.86, 112.56) == 0
    assert distance_m(0, 0, 0, 1) == 111_195
    assert abs(distance_m(37.8706, 112.5489, 39.9042, 116.4074) - 403_000) < 3_000


@pytest.mark.parametrize(("metres", "flagged"), [(225, False), (235, True)])
def test_off_site_means_beyond_200_metres_and_the_accuracy(metres: int, flagged: bool) -> None:
    found = flags(document(position={"start": north(metres), "end": None}), HALL, RULES)
    assert [flag.code for flag in found] == (["off_site"] if flagged else [])
    if flagged:
        assert found[0].facts == {"at": "start", "distance_m": 235, "accuracy_m": 30, "limit_m": 200}


def test_each_end_of_the_visit_is_judged_by_itself() -> None:
    found = flags(document(position={"start": AT_HALL, "end": north(900)}), HALL, RULES)
    assert [(flag.code, flag.facts["at"]) for flag in found] == [("off_site", "end")]


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        (None, "none"),
        ({"start": {"missing": "denied"}, "end": None}, "denied"),
        ({"start": None, "end": {"missing": "off"}}, "off"),
    ],
)
def test_a_missing_position_says_why(position: Any, reason: str) -> None:
    (flag,) = flags(document(position=position), HALL, RULES)
    assert (flag.code, flag.facts) == ("no_position", {"reason": reason})


def test_an_outlet_without_position_is_said_and_not_judged() -> None:
    assert codes(document(), Site("own_hall", None, None)) == ["outlet_position_unknown"]


@pytest.mark.parametrize(
    ("tier", "minutes", "flagged"),
    [
        ("own_hall", 15, False),
        ("own_hall", 14, True),
        ("franchise", 8, False),
        ("exclusive", 7, True),
        ("ordinary", 5, False),
        ("village", 2, True),
    ],
)
def test_the_minimum_stay_depends_on_the_tier(tier: str, minutes: int, flagged: bool) -> None:
    short = document(left_at=f"2026-11-21T01:{10 + minutes}:00Z")
    assert codes(short, Site(tier, 37.86, 112.56)) == (["too_fast"] if flagged else [])


def test_one_second_under_the_minimum_is_too_fast() -> None:
    assert codes(document(left_at="2026-11-21T01:24:59Z")) == ["too_fast"]


@pytest.mark.parametrize(
    ("left_at", "answer", "expected"),
    [
        (None, {"value": "2026-11-21T09:35:00+08:00"}, "2026-11-21T01:35:00Z"),
        (None, {"value": "na"}, None),
        (None, {"note": "忘了记"}, None),
        (None, None, None),
        ("2026-11-21T01:40:00Z", {"value": "2026-11-21T01:35:00Z"}, "2026-11-21T01:40:00Z"),
    ],
)
def test_the_leaving_item_says_when_somebody_left_where_the_document_does_not(
    left_at: str | None, answer: dict[str, Any] | None, expected: str | None
) -> None:
    given = document(left_at=left_at, answers={"A-09": answer} if answer else {})
    found = departed(given, {"leaving": "A-09"}).left_at
    assert found == (datetime.fromisoformat(expected) if expected else None)
    assert departed(given, {"leaving": None}).left_at == given.left_at
    assert departed(given, {"leaving": "A-10"}).left_at == given.left_at


def test_a_patrol_has_no_minimum_stay() -> None:
    assert codes(document(kind="patrol", part="round", left_at="2026-11-21T01:13:00Z")) == []


def photo(**given: Any) -> dict[str, Any]:
    return {
        "sha256": "a" * 64,
        "item": "A-01",
        "origin": "camera",
        "taken_at": "2026-11-21T01:15:00Z",
        "bytes": 10,
        "type": "image/jpeg",
        **given,
    }


@pytest.mark.parametrize(
    ("given", "flagged"),
    [
        ({}, False),
        ({"origin": "album"}, False),
        ({"origin": "album", "taken_at": "2026-11-21T01:09:59Z"}, True),
        ({"origin": "camera", "taken_at": "2026-11-21T01:09:59Z"}, False),
        ({"origin": "album", "taken_at": None}, False),
    ],
)
def test_a_photo_from_the_album_older_than_the_visit_is_flagged(given: dict[str, Any], flagged: bool) -> None:
    assert codes(document(files=[photo(**given)])) == (["photo_older"] if flagged else [])


def test_the_same_photo_in_another_visit_is_flagged_with_its_item() -> None:
    mine = Picture("a" * 64, "00000000000000ff", "me")
    other = Picture("a" * 64, "00000000000000ff", "you")
    (flag,) = flags(document(files=[photo()]), HALL, RULES, pictures=[mine], others=[other])
    assert (flag.code, flag.item, flag.facts["visit"]) == ("photo_repeated", "A-01", "you")


@pytest.mark.parametrize(
    ("dhash", "flagged"), [("000000000000003f", True), ("000000000000007f", False), (None, False)]
)
def test_a_similar_photo_differs_in_few_bits(dhash: str | None, flagged: bool) -> None:
    mine = Picture("a" * 64, "0000000000000000", "me")
    other = Picture("b" * 64, dhash, "you")
    found = codes(document(files=[photo()]), pictures=[mine], others=[other])
    assert found == (["photo_similar"] if flagged else [])


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (300_000, []),
        (-300_000, []),
        (300_001, ["clock_off"]),
        (-86_400_000, ["clock_off"]),
        (None, ["clock_unknown"]),
    ],
)
def test_a_clock_more_than_five_minutes_off_is_flagged(offset: int | None, expected: list[str]) -> None:
    assert codes(document(clock_offset_ms=offset)) == expected


def test_edited_and_jumping_timers_name_their_item() -> None:
    laps = [["2026-11-21T01:11:00Z", "2026-11-21T01:18:00Z"]]
    answers = {
        "A-02": {"value": 412, "timer": {"laps": laps, "edited": "忘了按停", "jump": False}},
        "A-03": {"value": 300, "timer": {"laps": laps, "edited": None, "jump": True}},
        "A-04": {"value": 300, "timer": {"laps": laps, "edited": None, "jump": False}},
    }
    found = flags(document(answers=answers), HALL, RULES)
    assert [(flag.code, flag.item) for flag in found] == [("timer_edited", "A-02"), ("timer_jump", "A-03")]


def test_answers_changed_after_leaving_are_counted() -> None:
    (flag,) = flags(document(changed_after_end=["A-01", "A-02"]), HALL, RULES)
    assert (flag.code, flag.facts["count"]) == ("changed_after_end", 2)


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        ("2026-11-22T01:40:00Z", []),
        ("2026-11-22T01:40:01Z", ["late"]),
        ("2026-11-23T01:40:00Z", ["late"]),
        ("2026-11-23T01:40:01Z", ["very_late"]),
    ],
)
def test_lateness_runs_from_leaving_to_finishing(finished: str, expected: list[str]) -> None:
    assert codes(document(finished_at=finished)) == expected


def test_the_same_long_text_as_before_is_flagged_and_a_short_one_is_not() -> None:
    long, short = "营业员主动起身迎接并询问需要办理什么业务", "服务好"
    found = document(
        answers={"A-01": {"value": "pass", "note": long}, "A-03": {"value": "pass", "note": short}}
    )
    earlier = {long: "v1", short: "v1"}
    assert [(f.code, f.item) for f in flags(found, HALL, RULES, earlier_texts=earlier)] == [
        ("same_text", "A-01")
    ]


def test_flags_are_the_same_each_time() -> None:
    found = document(position=None, clock_offset_ms=None, changed_after_end=["A-01"])
    assert flags(found, HALL, RULES) == flags(found, HALL, RULES)
    json.dumps([flag.as_json() for flag in flags(found, HALL, RULES)])


@pytest.mark.parametrize(
    ("score", "grave", "draw", "expected"),
    [
        (7001, False, False, []),
        (7000, False, False, ["low"]),
        (9500, True, False, ["grave"]),
        (9500, False, True, ["drawn"]),
        (6000, True, True, ["grave", "low", "drawn"]),
        (None, False, False, []),
    ],
)
def test_a_second_person_looks_at_grave_low_and_drawn_visits(
    score: int | None, grave: bool, draw: bool, expected: list[str]
) -> None:
    assert second_review_for(score, grave=grave, draw=draw, rules=standards.RULES.review) == expected


def test_a_draw_is_the_same_for_the_same_seed_and_takes_about_its_share() -> None:
    ids = [f"visit-{n}" for n in range(5000)]
    taken = [one for one in ids if drawn(one, "seed", 10)]
    assert taken == [one for one in ids if drawn(one, "seed", 10)]
    assert taken != [one for one in ids if drawn(one, "other", 10)]
    assert 400 < len(taken) < 600
    assert not any(drawn(one, "seed", 0) for one in ids)
    assert all(drawn(one, "seed", 100) for one in ids)
