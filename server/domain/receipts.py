"""Receipts: what the server promises to hold of a visit, the text that is signed, the number that is read out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Thirty-two signs without 0, O, 1 and I, which are taken for each other on the telephone."""
_PURPOSE = "xunting-receipt-1\n"
"""Begins what is signed, so that a signature of this key can never be taken for one under anything else."""
MOST_BYTES = 1_000_000
"""Of a file that may be a receipt; a longer one is none."""
_NUMBER = re.compile(rf"([{LETTERS}]{{4}})([{LETTERS}]{{4}})")
_OLD_NUMBER = re.compile(r"([0-9]{4})([0-9]{4})([0-9]{4})", re.ASCII)

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Standing = Literal["genuine", "unsigned", "recorded", "changed", "unknown"]


class Receipt(BaseModel):
    """The list itself, its number, and who signed it; older ones have another number and no signature."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    number: str
    at: str
    visit: str
    revision: int
    answers_sha256: Hash
    files: list[Hash]
    key: str | None = None
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")] | None = None

    @property
    def text(self) -> str:
        """What is signed: the list in one fixed form, to the byte."""
        return _text(self.at, self.visit, self.revision, self.answers_sha256, self.files)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a receipt is, and the receipt where it could be read."""

    standing: Standing
    receipt: Receipt | None = None


def signed(
    at: str,
    visit: str,
    revision: int,
    answers_sha256: str,
    files: Collection[str],
    key: str,
    sign: Callable[[str], str],
) -> dict[str, Any]:
    """A receipt with its number, signed with the key of this name; plain, for the path that every visit takes."""
    ordered = sorted(files)
    text = _text(at, visit, revision, answers_sha256, ordered)
    return {
        "number": number(text),
        "at": at,
        "visit": visit,
        "revision": revision,
        "answers_sha256": answers_sha256,
        "files": ordered,
        "key": key,
        "signature": sign(text),
    }


def number(text: str) -> str:
    """The short number of what is signed: 7K4M-Q2XD, the first forty bits of its hash; anybody can work it out."""
    bits = int.from_bytes(sha256(text.encode()).digest()[:5])
    signs = "".join(LETTERS[bits >> place & 31] for place in range(35, -1, -5))
    return f"{signs[:4]}-{signs[4:]}"


def heard(typed: str) -> str | None:
    """A receipt's number as somebody types it, brought into its form; None for what is none."""
    signs = re.sub(r"[\s\-－—]", "", typed).upper()
    found = _NUMBER.fullmatch(signs) or _OLD_NUMBER.fullmatch(signs)
    return "-".join(found.groups()) if found else None


def read(data: bytes) -> dict[str, Any] | None:
    """The JSON object of a file; None where it is none, or where a name stands in it twice."""
    if len(data) > MOST_BYTES:
        return None
    try:
        found = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def judge(given: dict[str, Any], keys: dict[str, Callable[[str, str], bool]]) -> Judged:
    """What a receipt is by itself; `keys` are our public keys by name, each telling whether a signature fits a text.

    Genuine: signed by one of ours and unchanged. Changed: it names a key of ours, and the signature, the number
    or the form does not fit. Unsigned: an older receipt, of which only the server's own copy can tell more.
    (Recorded, by that copy: the same as ours, but the key that signed it is not here any more.)
    """
    fits = keys.get(given["key"]) if isinstance(given.get("key"), str) else None
    try:
        receipt = Receipt.model_validate(given)
    except ValidationError:
        return Judged("changed" if fits else "unknown")
    if receipt.key is None and receipt.signature is None:
        return Judged("unsigned", receipt)
    if fits is None:
        return Judged("unknown", receipt)
    right = receipt.number == number(receipt.text) and fits(receipt.text, receipt.signature or "")
    return Judged("genuine" if right else "changed", receipt)


def _text(at: str, visit: str, revision: int, answers_sha256: str, files: list[str]) -> str:
    said = {"answers_sha256": answers_sha256, "at": at, "files": files, "revision": revision, "visit": visit}
    return _PURPOSE + json.dumps(said, separators=(",", ":"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
