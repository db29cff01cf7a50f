"""Random checklists and answers score the same on the server and on the phone, in every field."""

from pathlib import Path
from random import Random

from server.domain.answers import check_answers
from server.domain.checklist import read_checklist
from server.domain.conditions import FACTS
from server.domain.findings import listed
from server.domain.scoring import Answer, score
from tests.domain.random_checklists import random_answer, random_checklist
from tests.domain.twin import Case, phone_scores

CHECKLISTS = 250
VISITS = 10
SEED = 20130313


def test_both_sides_agree_on_every_field_of_random_visits(phone_script: Path) -> None:
    cases = _cases()
    assert len(cases) >= 2000

    on_phone = phone_scores(phone_script, cases)

    assert len(on_phone) == len(cases)
    for case, phone in zip(cases, on_phone, strict=True):
        answers = {item: Answer.of(given) for item, given in case.answers.items()}
        assert phone == score(case.checklist, case.facts, answers, case.photos).as_json(), case


def test_the_random_visits_reach_every_effect() -> None:
    scores = [
        score(case.checklist, case.facts, {i: Answer.of(a) for i, a in case.answers.items()}, case.photos)
        for case in _cases()
    ]

    assert any(each.score is None and not each.voided for each in scores)
    for field in ("violated", "grave", "failed", "met", "zeroed", "voided"):
        assert any(getattr(each, field) for each in scores), field
    assert {entry.what for each in scores for entry in each.missing} == {"answer", "photo", "note"}


def _cases() -> list[Case]:
    draw = Random(SEED)
    cases = []
    for n in range(CHECKLISTS):
        written = random_checklist(draw, n)
        reading = read_checklist(written)
        assert reading.compiled is not None, listed(reading.findings, "en")
        items = [item for section in written["sections"] for item in section["items"]]
        for _ in range(VISITS):
            given = {item["id"]: random_answer(draw, item) for item in items}
            answers = {name: answer for name, answer in given.items() if answer is not None}
            wrong = check_answers(reading.compiled, {name: Answer.of(a) for name, a in answers.items()})
            assert not wrong, listed(wrong, "en")
            for answer in answers.values():
                # Submitting refuses a value that is pending as well; scoring has to agree on it all the same.
                if draw.random() < 0.03:
                    answer["pending"] = True
            facts = {fact: draw.choice(words) for fact, words in FACTS.items() if draw.random() < 0.8}
            photos = {item["id"]: draw.randint(0, 2) for item in items if draw.random() < 0.4}
            cases.append(Case(reading.compiled, facts, answers, photos))
    return cases
