"""The scoring vectors, on the server in Python and on the phone's TypeScript in Node."""

from pathlib import Path
from typing import Any

import pytest

from server.domain.checklist import compile_bare
from server.domain.scoring import Answer, score
from tests.domain.twin import Case, phone_scores
from tests.vector_files import groups

GROUPS = groups("scoring")
CASES = [len(group["cases"]) for group in GROUPS]
NAMES = [group["checklist"]["id"] for group in GROUPS]


def _cases() -> list[Case]:
    found = []
    for group in GROUPS:
        compiled = compile_bare(group["checklist"])
        for case in group["cases"]:
            answers = {item: {"value": value} for item, value in case["answers"].items()}
            found.append(Case(compiled, case["facts"], answers, {}))
    return found


def _by_group(results: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    left = iter(results)
    return [[next(left) for _ in range(count)] for count in CASES]


@pytest.fixture(scope="module")
def on_server() -> list[dict[str, Any]]:
    return [
        score(
            case.checklist, case.facts, {item: Answer.of(given) for item, given in case.answers.items()}, {}
        ).as_json()
        for case in _cases()
    ]


@pytest.fixture(scope="module")
def on_phone(phone_script: Path) -> list[dict[str, Any]]:
    return phone_scores(phone_script, _cases())


@pytest.mark.parametrize("group", range(len(GROUPS)), ids=NAMES)
def test_scoring_vectors_on_the_server(group: int, on_server: list[dict[str, Any]]) -> None:
    _holds(group, on_server)


@pytest.mark.parametrize("group", range(len(GROUPS)), ids=NAMES)
def test_scoring_vectors_on_the_phone(group: int, on_phone: list[dict[str, Any]]) -> None:
    _holds(group, on_phone)


def test_both_sides_ran_every_scoring_vector(
    on_server: list[dict[str, Any]], on_phone: list[dict[str, Any]]
) -> None:
    assert len(on_server) == len(on_phone) == sum(CASES) > 0


def _holds(group: int, results: list[dict[str, Any]]) -> None:
    for case, found in zip(GROUPS[group]["cases"], _by_group(results)[group], strict=True):
        missing = [entry["item"] for entry in found["missing"] if entry["what"] == "answer"]
        found = {**found, "missing": missing}
        assert {field: found[field] for field in case["expect"]} == case["expect"], case
