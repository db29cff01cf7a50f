"""Receipts by themselves: a number that can be read out and worked out, and a signature that no change survives."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from server.domain.receipts import LETTERS, MOST_BYTES, Receipt, heard, judge, number, read, signed

HASHES = [sha256(bytes([n])).hexdigest() for n in range(3)]


def signature(text: str) -> str:
    """Not Ed25519, but as long, and another one for each text."""
    return sha256(text.encode()).hexdigest() * 2


KEYS = {"ours": lambda text, given: given == signature(text)}


@pytest.fixture
def given() -> dict[str, Any]:
    return signed("2026-11-21T02:10:05.120Z", "0193", 2, HASHES[0], HASHES[1:], "ours", signature)


def test_the_number_is_worked_out_from_the_list_and_has_no_signs_that_are_taken_for_others() -> None:
    assert len(set(LETTERS)) == 32
    assert not set("0O1I") & set(LETTERS)
    receipt = Receipt.model_validate(signed("t", "v", 1, HASHES[0], [], "ours", signature))
    # Written out by hand: what is signed stays what it is, or no older receipt could be checked.
    text = (
        f'xunting-receipt-1\n{{"answers_sha256":"{HASHES[0]}","at":"t","files":[],"revision":1,"visit":"v"}}'
    )
    assert receipt.text == text
    bits = f"{int(sha256(text.encode()).hexdigest(), 16):0256b}"
    signs = [LETTERS[int(bits[at : at + 5], 2)] for at in range(0, 40, 5)]
    assert receipt.number == number(text) == f"{''.join(signs[:4])}-{''.join(signs[4:])}"


def test_the_order_in_which_files_are_named_makes_no_other_receipt() -> None:
    one, other = (signed("t", "v", 1, HASHES[0], given, "k", signature) for given in (HASHES, HASHES[::-1]))
    assert one == other


def test_a_number_is_understood_as_people_type_it() -> None:
    for typed in ("7K4M-Q2XD", " 7k4m q2xd ", "7k4mq2xd", "7K4M－Q2XD", "7K4M — Q2XD"):
        assert heard(typed) == "7K4M-Q2XD"
    assert heard("123456789012") == "1234-5678-9012"
    for typed in ("", "7K4M-Q2X", "7K4M-Q2XO", "report.pdf", "7K4M-Q2XD-7K4M"):
        assert heard(typed) is None


def test_an_unchanged_receipt_is_genuine_however_its_file_is_laid_out(given: dict[str, Any]) -> None:
    for text in (json.dumps(given), json.dumps(dict(reversed(given.items())), indent=2)):
        found = read(text.encode())
        assert found is not None
        assert judge(found, KEYS).standing == "genuine"


def test_no_value_of_a_receipt_can_be_changed(given: dict[str, Any]) -> None:
    changes: dict[str, list[Any]] = {
        "number": ["22222222", given["number"].lower()],
        "at": ["2026-11-21T02:10:05.121Z"],
        "visit": ["0194"],
        "revision": [1, "2", 2.0],
        "answers_sha256": [HASHES[1], HASHES[0].upper()],
        "files": [HASHES[1:2], HASHES, given["files"][::-1], None],
        "signature": ["0" * 128, given["signature"].upper(), given["signature"] + "\n", None],
        "more": ["91.25"],
    }
    for name, values in changes.items():
        for value in values:
            assert judge({**given, name: value}, KEYS).standing == "changed", (name, value)
    for name in given:
        without = {each: value for each, value in given.items() if each != name}
        assert judge(without, KEYS).standing != "genuine", name


def test_what_names_no_key_of_ours_is_unknown_and_what_has_no_signature_is_older(
    given: dict[str, Any],
) -> None:
    assert judge({**given, "key": "theirs"}, KEYS).standing == "unknown"
    assert judge({**given, "key": None}, KEYS).standing == "unknown"
    assert judge({}, KEYS).standing == "unknown"
    assert judge({**given, "key": ["ours"]}, KEYS).standing == "unknown"
    older = judge({**given, "key": None, "signature": None}, KEYS)
    assert older.standing == "unsigned"
    assert isinstance(older.receipt, Receipt)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"[1]", b"\xff{}", b'{"a":1,"a":2}', b"[" * 100_000])
def test_what_is_no_object_is_no_receipt(data: bytes) -> None:
    assert read(data) is None


def test_a_file_longer_than_any_receipt_is_not_read() -> None:
    assert read(b'{"a":1}' + b" " * (MOST_BYTES - 7)) == {"a": 1}
    assert read(b'{"a":1}' + b" " * (MOST_BYTES - 6)) is None
