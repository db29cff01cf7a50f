"""What a phone's check-up code says: every result comes back as it was, and what was misheard is known."""

import itertools
import json
import random

from server.domain.phone_code import CHECKS, SIGNS, read
from tests.vector_files import FOLDER

RESULTS = [[result for result, _ in results] for _, _, results in CHECKS]
NAMES = [name for name, _, _ in CHECKS]


def coded(places: list[int], version: int) -> str:
    """The code of these results, written a second time from its description in docs/operations.md."""
    values = [places[at] * len(RESULTS[at + 1]) + places[at + 1] for at in range(0, 12, 2)] + [version]
    values.append(sum(value * (at + 1) for at, value in enumerate(values)) % 23)
    signs = "".join(SIGNS[value] for value in values)
    return f"{signs[:4]}-{signs[4:]}"


def said(places: list[int]) -> dict[str, str]:
    return {name: RESULTS[at][places[at]] for at, name in enumerate(NAMES)}


def test_every_pair_of_results_and_every_version_decodes_to_itself() -> None:
    chance = random.Random(7)
    for at in range(0, 12, 2):
        for first, second in itertools.product(range(len(RESULTS[at])), range(len(RESULTS[at + 1]))):
            for version in range(23):
                places = [chance.randrange(len(results)) for results in RESULTS]
                places[at : at + 2] = first, second
                found = read(coded(places, version))
                assert found
                assert (found.results, found.version) == (said(places), SIGNS[version])


def test_a_sign_misheard_or_two_exchanged_are_known() -> None:
    chance = random.Random(8)
    for _ in range(40):
        code = coded([chance.randrange(len(results)) for results in RESULTS], chance.randrange(23))
        signs = code.replace("-", "")
        for at, wrong in itertools.product(range(8), SIGNS):
            if wrong != signs[at]:
                assert read(signs[:at] + wrong + signs[at + 1 :]) is None
        for at in range(7):
            if signs[at] != signs[at + 1]:
                assert read(signs[:at] + signs[at + 1] + signs[at] + signs[at + 2 :]) is None


def test_it_is_read_as_people_write_it() -> None:
    code = coded([0] * 12, 0)
    assert read(code) == read(code.lower()) == read(f" {code.replace('-', ' ')} ") is not None
    for wrong in ("", code[:-1], code + "3", "OOOO-OOOO", "备忘"):
        assert read(wrong) is None


def test_the_phone_writes_the_codes_that_are_read_here() -> None:
    """tests/pwa/doctor.test.ts holds the phone against the same cases."""
    cases = json.loads((FOLDER / "phone_codes.json").read_text(encoding="utf-8"))["cases"]
    assert len(cases) > 50
    for case in cases:
        found = read(case["code"])
        assert found
        assert found.results == case["results"]
    for at, results in enumerate(RESULTS):
        assert {case["results"][NAMES[at]] for case in cases} == set(results)
