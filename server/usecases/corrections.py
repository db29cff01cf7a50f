"""Corrections: a revision whose author is who decides, not the inspector; nothing is overwritten (handbook 01)."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from server.domain.review import unproved
from server.domain.scoring import Score
from server.domain.visit import VisitDocument, digest
from server.queries.answers import facts_at, scored
from server.storage.organisation import Outlet
from server.storage.visits import Revision, Visit
from server.usecases.work import Work

NOT_PROVED = "超过补证时限，没有补证"
"""The reason of an `na` that the system sets (handbook 01, Later proof)."""


def unprove(work: Work, visit: Visit, checklist: dict[str, Any], items: list[str]) -> None:
    """Keep a new revision in which the proof of these items, which never came, is `na`."""
    before = work.session.get_one(Revision, (visit.id, visit.revision))
    document = unproved(VisitDocument.model_validate_json(visit.document), items, NOT_PROVED)
    outlet = work.session.get_one(Outlet, visit.outlet_id)
    result = scored(checklist, facts_at(before, visit, outlet), document)
    text = document.canonical()
    visit.revision += 1
    visit.document, visit.document_sha256, visit.etag = text, digest(text), uuid4().hex
    _keep_score(visit, result)
    work.session.add(
        Revision(
            visit_id=visit.id,
            number=visit.revision,
            document=text,
            sha256=digest(text),
            result=json.dumps(
                {**json.loads(before.result), **result.as_json()},
                ensure_ascii=False,
                sort_keys=True,
                separators=(",", ":"),
            ),
            author_id=work.actor_id or visit.inspector_id,
            created_at=work.now,
            whole_at=work.now,
            receipt=before.receipt,
        )
    )
    work.session.flush()
    work.record("visit.corrected", "visit", visit.id, revision=visit.revision, items=items)


def _keep_score(visit: Visit, result: Score) -> None:
    visit.score = _hundredths(result.score)
    visit.prohibition_score = _hundredths(result.prohibition_score)
    visit.touchpoint_score = _hundredths(result.touchpoint_score)
    visit.grave, visit.voided = bool(result.grave), result.voided


def _hundredths(text: str | None) -> int | None:
    return int(text.replace(".", "")) if text is not None else None
