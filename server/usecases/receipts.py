"""Receipts: made and signed when a visit becomes whole, and told apart when somebody shows one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from sqlmodel import col, select

from server.config import Settings
from server.domain.receipts import Judged, Receipt, judge, signed
from server.domain.visit import digest
from server.gateways import receipt_keys
from server.storage.visit_rows import Row
from server.storage.visits import Revision, VisitFile
from server.usecases.work import Work


def folder(settings: Settings) -> Path:
    """Where the key that signs receipts lies: beside the demonstration's authority, in production as well."""
    return settings.data / "authority"


def ready(settings: Settings) -> None:
    """Load the key, made at the first time. Raises WrongSetting where its file is none."""
    receipt_keys.own(folder(settings))


def made(work: Work, revision: Row, named: Collection[str]) -> str:
    """The signed receipt of a revision whose files, `named`, are all here; as JSON."""
    key = receipt_keys.own(folder(work.settings))
    receipt = signed(
        work.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        str(revision["visit_id"]),
        revision["number"],
        revision["sha256"],
        named,
        key.name,
        key.sign,
    )
    return json.dumps(receipt, separators=(",", ":"))


def public_keys(settings: Settings) -> str:
    """The public keys by which anybody can check our receipts, as PEM."""
    ready(settings)
    return receipt_keys.published(folder(settings))


def by_signature(given: dict[str, Any], pem: str) -> Judged:
    """What a receipt is by its signature alone; needs neither network nor database."""
    return judge(given, receipt_keys.checks(pem))


def by_record(work: Work, given: dict[str, Any], judged: Judged) -> Judged:
    """What a receipt that its signature does not prove is by our own copy.

    One without a signature, or whose key was lost, is good when ours is the same; one of a revision for which
    we wrote another was changed.
    """
    if judged.receipt is None or judged.standing not in ("unsigned", "unknown"):
        return judged
    ours = _written(work, judged.receipt)
    if ours is None:
        return Judged("unknown", judged.receipt)
    # The API tells of an older one that key and signature are null.
    if ours != {name: value for name, value in given.items() if value is not None}:
        return Judged("changed", judged.receipt)
    return Judged("unsigned" if judged.standing == "unsigned" else "recorded", judged.receipt)


def with_number(work: Work, number: str) -> list[dict[str, Any]]:
    """The receipts that bear a short number; nearly always one. Reads through all of them: for a terminal."""
    rows = work.session.exec(
        select(Revision.receipt)
        .where(col(Revision.receipt).contains(f'"number":"{number}"', autoescape=True))
        .distinct()
    )
    return [json.loads(text) for text in rows if text]


def expired(work: Work, receipt: Receipt | None) -> int:
    """How many of the files that a receipt names were deleted because their time had come."""
    if receipt is None:
        return 0
    try:
        visit_id = UUID(receipt.visit)
    except ValueError:
        return 0
    gone = select(VisitFile.sha256).where(
        VisitFile.visit_id == visit_id, col(VisitFile.expired_at).is_not(None)
    )
    return len(set(receipt.files) & set(work.session.exec(gone).all()))


def _written(work: Work, receipt: Receipt) -> dict[str, Any] | None:
    try:
        place = (UUID(receipt.visit), receipt.revision)
    except ValueError:
        return None
    text = work.session.exec(
        select(Revision.receipt).where(Revision.visit_id == place[0], Revision.number == place[1])
    ).first()
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found


@dataclass(frozen=True, slots=True)
class Broken:
    """What is wrong with a receipt of ours: changed, its answers changed, or the key of `count` of them lost."""

    what: Literal["changed", "answers", "key"]
    number: str = ""
    visit: str = ""
    key: str = ""
    count: int = 0


def examined(work: Work) -> tuple[dict[tuple[str, str], str], list[Broken]]:
    """Every file that a receipt promises (visit and hash) with the receipt's number, and what else is broken."""
    keys = receipt_keys.checks(public_keys(work.settings))
    promised: dict[tuple[str, str], str] = {}
    broken: list[Broken] = []
    lost: Counter[str] = Counter()
    rows = work.session.exec(
        select(Revision.visit_id, Revision.number, Revision.document, Revision.receipt)
        .where(col(Revision.receipt).is_not(None))
        .order_by(col(Revision.visit_id), col(Revision.number))
        .execution_options(yield_per=200)
    )
    for visit_id, revision, document, text in rows:
        given: dict[str, Any] = json.loads(text or "{}")
        visit, number = str(visit_id), str(given.get("number", ""))
        promised |= {(visit, sha256): number for sha256 in given.get("files", ())}
        if given.get("key") or given.get("signature"):
            standing = judge(given, keys).standing
            if standing == "unknown":
                lost[str(given.get("key"))] += 1
            elif standing != "genuine" or given["visit"] != visit:
                broken.append(Broken("changed", number, visit))
        # A correction keeps the receipt of the revision before it.
        if given.get("revision") == revision and given.get("answers_sha256") != digest(document):
            broken.append(Broken("answers", number, visit))
    broken += [Broken("key", key=key, count=count) for key, count in lost.items()]
    return promised, broken
