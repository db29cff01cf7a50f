"""What each tier's list asks and how it limits: busy and idle, scenarios, covert and announced, entry by tier."""

from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from server.demo.answers import fill
from server.domain.answers import check_answers
from server.domain.scoring import Answer, Score, score
from server.gateways.standards import read_standards

OURS = read_standards(Path(__file__).parents[2] / "checklists")
COVERT = {"kind": "mystery"}
OPEN = {"kind": "announced"}


def scored(name: str, facts: dict[str, str], **answers: Any) -> Score:
    """Score answers; `SF_10=300` answers SF-10."""
    given = {item.replace("_", "-"): Answer(value) for item, value in answers.items()}
    return score(OURS[name, 1].compiled, facts, given, {})


def credit(name: str, item: str, **answers: Any) -> int | None:
    return scored(name, COVERT, **answers).credits[item]


@pytest.mark.parametrize(
    ("crowd", "seconds", "expected"),
    [
        ("idle", 300, 1000),
        ("idle", 301, 500),
        ("idle", 450, 500),
        ("idle", 451, 0),
        ("busy", 451, 1000),
        ("busy", 600, 1000),
        ("busy", 900, 500),
        ("busy", 901, 0),
    ],
)
def test_waiting_in_a_franchise_is_measured_by_busy_or_idle(crowd: str, seconds: int, expected: int) -> None:
    assert credit("franchise", "SF-10", SF_34=crowd, SF_10=seconds) == expected


@pytest.mark.parametrize(
    ("name", "business", "timer"), [("franchise", "SF-35", "SF-11"), ("exclusive", "DE-29", "DE-08")]
)
def test_handling_is_measured_by_the_business_done(name: str, business: str, timer: str) -> None:
    def of(done: str, seconds: int) -> int | None:
        return credit(name, timer, **{business: done, timer: seconds})

    assert [of("pay", 300), of("pay", 301), of("sim", 450), of("plan", 451)] == [1000, 500, 500, 0]
    assert [of("join", 600), of("handset", 601), of("join", 900), of("handset", 901)] == [1000, 500, 500, 0]


@pytest.mark.parametrize(
    ("name", "item", "full", "half"),
    [
        ("exclusive", "DE-07", 10, 15),
        ("ordinary", "OA-07", 3, "4.5"),
        ("village", "VS-04", 10, 15),
        ("power-hall", "PU-17", 15, 20),
        ("power-hall", "PU-18", 5, "7.5"),
        ("power-hall", "PU-19", 20, 30),
    ],
)
def test_a_time_is_full_up_to_its_limit_half_up_to_a_second_one_and_then_nothing(
    name: str, item: str, full: int, half: int | str
) -> None:
    first, second = 60 * full, round(60 * float(half))
    found = [credit(name, item, **{item: s}) for s in (0, first, first + 1, second, second + 1)]
    assert found == [1000, 1000, 500, 500, 0]


def test_voices_things_missing_and_questions_have_their_steps() -> None:
    voices = [credit("franchise", "SF-16", SF_16=n) for n in range(4)]
    assert voices == [credit("exclusive", "DE-12", DE_12=n) for n in range(4)] == [0, 333, 667, 1000]
    assert [credit("power-hall", "PU-07", PU_07=n) for n in range(4)] == [1000, 500, 0, 0]
    assert [credit("power-hall", "PU-12", PU_12=n) for n in range(3)] == [0, 500, 1000]
    assert [credit("power-hall", "PU-28", PU_28=x) for x in ("right", "partly", "wrong")] == [1000, 500, 0]
    assert [credit("village", "VS-14", VS_14=x) for x in ("yes", "partly", "no")] == [1000, 500, 0]


def test_an_idle_franchise_is_not_asked_who_guides_the_crowd() -> None:
    busy, idle = (scored("franchise", COVERT, SF_34=crowd).visible for crowd in ("busy", "idle"))
    assert set(busy) - set(idle) == {"SF-12"}


@pytest.mark.parametrize(
    ("name", "covert", "announced"),
    [
        ("franchise", {"SF-35", "SF-11", "SF-25", "SF-32"}, set()),
        ("exclusive", {"DE-29", "DE-08", "DE-20", "DE-27"}, set()),
        ("ordinary", {"OA-14", "OA-18", "OA-19"}, set()),
        ("village", {"VS-12", "VS-15"}, set()),
        ("power-hall", {"PU-18", "PU-19", "PU-35"}, {"PU-05", "PU-13"}),
    ],
)
def test_what_only_a_customer_in_disguise_can_tell_is_not_asked_openly_and_the_other_way_round(
    name: str, covert: set[str], announced: set[str]
) -> None:
    hidden, seen = (set(scored(name, facts).visible) for facts in (COVERT, OPEN))
    assert (hidden - seen, seen - hidden) == (covert, announced)


@pytest.mark.parametrize(
    ("name", "item"),
    [("franchise", "SF-32"), ("exclusive", "DE-27"), ("village", "VS-15"), ("power-hall", "PU-35")],
)
def test_a_shopper_who_was_certainly_spotted_voids_the_visit(name: str, item: str) -> None:
    assert [scored(name, COVERT, **{item: said}).voided for said in ("no", "maybe", "yes")] == [
        False,
        False,
        True,
    ]
    assert not scored(name, OPEN, **{item: "yes"}).voided


@pytest.mark.parametrize(
    ("name", "proved"),
    [("franchise", ["SF-25"]), ("exclusive", ["DE-20"]), ("village", ["VS-12"]), ("power-hall", [])],
)
def test_what_is_proved_after_the_visit_has_72_hours(name: str, proved: list[str]) -> None:
    later = {item["id"]: item["later_hours"] for item in _items(name) if item["later_hours"]}
    assert later == dict.fromkeys(proved, 72)


@pytest.mark.parametrize(
    ("name", "item", "failed", "characters"),
    [
        ("franchise", "SF-33", "SF-01", 50),
        ("exclusive", "DE-28", "DE-01", 50),
        ("village", "VS-16", "VS-01", 20),
        ("power-hall", "PU-36", "PU-01", 80),
        ("onboarding", "ON-26", "ON-09", 20),
    ],
)
def test_the_main_problems_are_told_once_something_failed(
    name: str, item: str, failed: str, characters: int
) -> None:
    def missing(**answers: Any) -> set[str]:
        return {entry.item for entry in scored(name, COVERT, **answers).missing}

    assert item not in missing(**{failed: "pass"})
    assert item in missing(**{failed: "fail"})
    assert item in missing(**{failed: "fail", item: "字" * (characters - 1)})
    assert item not in missing(**{failed: "fail", item: "字" * characters})


def test_a_power_hall_says_by_its_own_item_when_somebody_left() -> None:
    assert OURS["power-hall", 1].compiled["leaving"] == "PU-33"
    assert {"PU-32", "PU-33"} <= {entry.item for entry in scored("power-hall", COVERT).missing}


@pytest.mark.parametrize(
    ("tier", "setting", "left_out"),
    [
        ("franchise", "city", {"ON-08"}),
        ("franchise", "township", {"ON-08"}),
        ("exclusive", "county_town", {"ON-08"}),
        ("exclusive", "township", {"ON-08", "ON-12"}),
        ("ordinary", "city", {"ON-07", "ON-12", "ON-20"}),
        ("village", "township", {"ON-07", "ON-12", "ON-20", "ON-15", "ON-16"}),
    ],
)
def test_entry_asks_more_the_higher_the_tier(tier: str, setting: str, left_out: set[str]) -> None:
    facts = {"kind": "onboarding", "tier": tier, "setting": setting, "class": "C"}
    asked = set(scored("onboarding", facts, ON_01=["pay"]).visible)
    assert {item["id"] for item in _items("onboarding")} - asked == left_out


@pytest.mark.parametrize(
    ("business", "shown"),
    [
        ("join", {"ON-15", "ON-16"}),
        ("change", {"ON-15"}),
        ("handset", {"ON-16"}),
        ("pay", set()),
    ],
)
def test_a_village_station_shows_what_the_business_it_applies_for_needs(
    business: str, shown: set[str]
) -> None:
    facts = {"kind": "onboarding", "tier": "village", "setting": "township"}
    asked = set(scored("onboarding", facts, ON_01=["pay", business]).visible)
    assert asked & {"ON-15", "ON-16"} == shown


@pytest.mark.parametrize("tier", ["franchise", "exclusive", "ordinary", "village"])
def test_entry_is_100_where_all_is_right_and_capped_without_a_licence(tier: str) -> None:
    facts = {"kind": "onboarding", "tier": tier, "setting": "township"}
    right: dict[str, Any] = {
        item["id"]: {"pass_fail": "pass", "choice": "right", "share": {"part": 3, "whole": 3}}[item["kind"]]
        for item in _items("onboarding")
        if item["points"]
    }
    whole = scored("onboarding", facts, **right)
    assert (whole.score, whole.violated, whole.grave) == ("100.00", [], [])
    for critical in ("ON-02", "ON-03", "ON-24"):
        failed = scored("onboarding", facts, **(right | {critical: "fail"}))
        assert (failed.score, failed.grave) == ("60.00", [critical])
    untold = scored("onboarding", facts, **(right | {"ON-22": "wrong"}))
    assert untold.violated == ["P4"]
    assert float(untold.score or 0) > 80


def test_certificates_count_by_their_share() -> None:
    half = scored("onboarding", {"kind": "onboarding"}, ON_05={"part": 1, "whole": 2})
    assert (half.credits["ON-05"], half.sections["papers"]) == (500, "50.00")


@pytest.mark.parametrize("quality", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("name", sorted(name for name, _ in OURS))
def test_every_list_can_be_answered_to_its_end_in_all_its_kinds_of_visit_and_tiers(
    name: str, quality: float
) -> None:
    compiled = OURS[name, 1].compiled
    begun = datetime(2026, 11, 21, 2, tzinfo=UTC)
    for n, (kind, tier) in enumerate((k, t) for k in compiled["visit_kinds"] for t in compiled["tiers"]):
        for part in ("opening", "round", "closing") if kind == "patrol" else ("",):
            facts = {"kind": kind, "tier": tier, "class": "ABC"[n % 3], "setting": "city", "part": part}
            filled = fill(compiled, facts, quality, begun, Random(f"{name}:{n}:{part}"))
            answers = {item: Answer.of(answer) for item, answer in filled.items()}
            assert check_answers(compiled, answers) == []
            result = score(compiled, facts, answers, {})
            assert {entry.what for entry in result.missing} <= {"photo", "note"}
            assert (result.score == "100.00") is (quality == 1.0)


def _items(name: str) -> list[dict[str, Any]]:
    return [item for section in OURS[name, 1].compiled["sections"] for item in section["items"]]
