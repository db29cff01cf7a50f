"""A visit's explanation: its items add up to its score, with what was taken and why, down to the photos."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from server.domain.checklist import read_checklist
from server.domain.explain import Explanation
from server.domain.scoring import Answer, score
from server.domain.visit_explained import visit_explained
from tests.domain.random_checklists import random_answer, random_checklist
from tests.submitted import GOOD, WRITTEN


def test_the_items_of_any_visit_add_up_to_what_it_earned() -> None:
    draw = Random(7)
    for number in range(60):
        written = random_checklist(draw, number)
        compiled = read_checklist(written).compiled
        assert compiled is not None
        items = [item for section in written["sections"] for item in section["items"]]
        answers = {item["id"]: answer for item in items if (answer := random_answer(draw, item))}
        result = score(compiled, {}, {item: Answer.of(given) for item, given in answers.items()}, {})
        if result.voided:
            continue
        why = visit_explained("v", compiled, result.as_json(), {}, 1)
        values = [dict(item.inputs)["points"] * item.value for item in _items(why)]  # type: ignore[operator]
        earned, full = dict(why.inputs)["earned"], dict(why.inputs)["full"]
        whole = sum(values, Fraction(0))
        assert earned == (whole if not result.grave else min(whole, full * compiled["critical_cap"] / 100))  # type: ignore[operator]
        assert (why.value is None) == (result.score is None)


def test_a_grave_fail_says_what_it_took_and_shows_its_photo() -> None:
    compiled = read_checklist(WRITTEN).compiled
    assert compiled is not None
    answers = {name: Answer.of(each) for name, each in {**GOOD, "B-01": {"value": "fail"}}.items()}
    result = score(compiled, {}, answers, {}).as_json()
    why = visit_explained("v", compiled, result, {"B-01": ["a" * 64]}, 1)
    assert (why.value, why.subject, why.rules) == (60, "visit:v", 1)
    assert why.codes() == {"prohibition-violated", "capped-by-grave-fail", "grave-fail"}
    (bad,) = [item for item in _items(why) if item.value == 0]
    assert (bad.subject, [part.subject for part in bad.parts]) == ("item:B-01", [f"photo:{'a' * 64}"])


def _items(why: Explanation) -> list[Explanation]:
    return [each for each in why.all() if each.figure == "item"]
