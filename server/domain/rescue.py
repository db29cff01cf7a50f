"""The rescue file: unsent visits sealed for the server alone; its form, its list, its Problems, and what may become of each visit.

Bytes: `MAGIC`, the name of the server's key (16 hexadecimal signs), the sender's own point on P-256 made for this file
(65 bytes), then frames, each its length (4 bytes, big-endian) and its AES-256-GCM. The key is HKDF-SHA256 of both points'
secret with everything before the frames as info, so that none of it can be changed. A frame's nonce is its number (11 bytes)
and whether it is the last (one byte): none can be moved, left out or added. The first holds the list, each further one a
file of the list, the last one nothing. `pwa/src/data/rescue.ts` writes it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.domain.documents import read_document
from server.domain.errors import Fault, Problem, WrongDocument
from server.domain.visit import Instant, Name, Sha256, Uuid, VisitDocument

MAGIC = b"XTR\x01"
KEY_NAME = 16
POINT = 65
HEAD = len(MAGIC) + KEY_NAME + POINT
LENGTH = 4
TAG = 16
LIST_DOCUMENTS = 20
"""So many documents of the greatest size is the list at most."""

Etag = Annotated[str, StringConstraints(pattern=r"^[!#-~]{1,64}$")]
Mark = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


@dataclass(eq=False)
class RescueNone(Problem):
    """What was sent is no rescue file."""

    code: ClassVar[str] = "rescue-none"


@dataclass(eq=False)
class RescueKeyUnknown(Problem):
    """The rescue file was sealed for a key that is not here: for another server, or before the key was lost."""

    code: ClassVar[str] = "rescue-key-unknown"


@dataclass(eq=False)
class RescueDamaged(Problem):
    """A byte of the rescue file is not as it was sealed, or some are missing or too many; nothing was stored."""

    code: ClassVar[str] = "rescue-damaged"


@dataclass(eq=False)
class RescueForged(Problem):
    """The rescue file does not prove that a phone of its user made it; nothing was stored."""

    code: ClassVar[str] = "rescue-forged"


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class CarriedVisit(_Part):
    """A visit as it lay on the phone, its documents as JSON: one that cannot be read holds up no other.

    `etag` is what the phone knows of the server's (None: of no visit there), `marks` what earlier files of this visit
    gave it, `mark` what this one gives it. `kept` are documents that lost a choice between two versions; they are only
    for whoever has to find something again.
    """

    id: Uuid
    document: str
    etag: Etag | None = None
    marks: Annotated[list[Mark], Field(max_length=20)] = []
    mark: Mark
    kept: list[str] = []


class CarriedFile(_Part):
    """A file of the visits, in the order of the frames; which visits name it, and as what, their documents say."""

    sha256: Sha256
    bytes: Annotated[int, Field(ge=1, le=10**9)]


class Manifest(_Part):
    """The list that a rescue file begins with. `pass_` proves that a phone of this user made it."""

    format: Literal[1]
    user: Uuid
    pass_: Annotated[str, Field(alias="pass", pattern=r"^[0-9a-f]{64}$")]
    app: Name
    at: Instant
    visits: Annotated[list[CarriedVisit], Field(min_length=1, max_length=200)]
    files: Annotated[list[CarriedFile], Field(max_length=20_000)] = []


class Outcome(StrEnum):
    """What became of a visit. `other`: the server has something else of it, and changed nothing."""

    WHOLE = "whole"
    RECEIVING = "receiving"
    DRAFT = "draft"
    INCOMPLETE = "incomplete"
    OTHER = "other"
    REFUSED = "refused"
    DISABLED = "disabled"


TAKEN = frozenset({Outcome.WHOLE, Outcome.RECEIVING, Outcome.DRAFT, Outcome.INCOMPLETE})


@dataclass(frozen=True, slots=True)
class Carried:
    """The outcome for one visit; the carrier is told nothing else of it (handbook 01, "Who sees what, when").

    `short` are six signs that both phones show.
    """

    short: str
    outcome: Outcome
    receipt: str | None = None
    files_missing: int = 0


def short(pass_: str, mark: str) -> str:
    """What a carried visit is called, to be told from others at sight: 6 signs.

    It comes from the file's mark and the user's pass, which no carrier knows: neither the visit's id nor its etag,
    which he may be shown one day, leads back to it.
    """
    return sha256(f"{pass_}{mark}".encode()).hexdigest()[:6].upper()


def nonce(number: int, *, last: bool) -> bytes:
    """The nonce of a frame: 12 bytes."""
    return number.to_bytes(11) + bytes([last])


def parsed(visit: CarriedVisit, most_bytes: int) -> VisitDocument:
    """A visit's document by the same model as one that its phone sends. Raises WrongDocument with its faults."""
    data = visit.document.encode()
    if len(data) > most_bytes:
        raise WrongDocument(faults=(Fault("", "too_large_document"),))
    document = read_document(VisitDocument, data)
    if document.id != visit.id:
        raise WrongDocument(faults=(Fault("/id", "id_differs"),))
    return document


def laid_open(visit: CarriedVisit) -> str:
    """All that the file holds of a visit in words, as JSON, for whoever has to find something again by hand."""
    documents = [_json(visit.document), *map(_json, visit.kept)]
    said = {"id": visit.id, "etag": visit.etag, "document": documents[0], "kept": documents[1:]}
    return json.dumps(said, ensure_ascii=True, indent=1)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
