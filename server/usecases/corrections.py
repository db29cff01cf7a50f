"""Corrections: a revision whose author is who decides, not the inspector; nothing is overwritten (handbook 01)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from server.domain.review import unproved
from server.domain.scoring import Score
from server.domain.visit import Answer, VisitDocument, digest
from server.queries.answers import facts_at, scored
from server.storage.organisation import Outlet
from server.storage.visits import Revision, Visit
from server.usecases import actions, failed_items, stood_for
from server.usecases import facts as figures
from server.usecases.work import Work

NOT_FAILED = "检查结果已更正，这一项不再算不合格"
"""Why an action is withdrawn whose item is corrected."""
NOT_PROVED = "超过补证时限，没有补证"
"""The reason of an `na` that the system sets (handbook 01, Later proof)."""


def unprove(work: Work, visit: Visit, checklist: dict[str, Any], items: list[str]) -> None:
    """Keep a new revision in which the proof of these items, which never came, is `na`."""
    before = work.session.get_one(Revision, (visit.id, visit.revision))
    document = unproved(VisitDocument.model_validate_json(visit.document), items, NOT_PROVED)
    _revise(work, visit, checklist, before, document, by="unproved", items=items)


def correct(
    work: Work, visit: Visit, checklist: dict[str, Any], changes: Mapping[str, Answer], by: str, **facts: Any
) -> Revision:
    """Keep a new revision of an accepted visit with these answers, by item; the actor is its author.

    It counts from now on: the visit keeps its state, its score is the new one, and so are the figures that hang on it;
    the corrective action of an item that does not fail any more, or is asked no more, is withdrawn, unless another
    visit failed it too; an item that fails now gets one.
    `by` says what led to it, `facts` what else its event tells. Evidence is not asked of a correction.
    """
    before = work.session.get_one(Revision, (visit.id, visit.accepted_revision or visit.revision))
    was = VisitDocument.model_validate_json(before.document)
    # No phone has computed what it comes to now.
    document = was.model_copy(update={"answers": {**was.answers, **changes}, "phone_score": None})
    made = _revise(work, visit, checklist, before, document, by=by, items=list(changes), **facts)
    visit.accepted_revision, visit.changed_at = visit.revision, work.now
    work.session.flush()
    figures.keep(work, visit)
    failed = [set(json.loads(each.result)["failed"]) for each in (before, made)]
    for item in sorted({*failed[0], *changes} - failed[1]):
        if not stood_for.hand_over(work, visit, item):
            actions.withdraw_for(work, visit, item, NOT_FAILED)
    failed_items.also_failed(work, visit, sorted(failed[1] - failed[0]))
    return made


def _revise(
    work: Work,
    visit: Visit,
    checklist: dict[str, Any],
    before: Revision,
    document: VisitDocument,
    *,
    by: str,
    items: list[str],
    **facts: Any,
) -> Revision:
    outlet = work.session.get_one(Outlet, visit.outlet_id)
    result = scored(checklist, facts_at(before, visit, outlet), document)
    text = document.canonical()
    visit.revision += 1
    visit.document, visit.document_sha256, visit.etag = text, digest(text), uuid4().hex
    _keep_score(visit, result)
    made = Revision(
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
    work.session.add(made)
    work.session.flush()
    work.record("visit.corrected", "visit", visit.id, revision=visit.revision, items=items, by=by, **facts)
    return made


def _keep_score(visit: Visit, result: Score) -> None:
    visit.score = _hundredths(result.score)
    visit.prohibition_score = _hundredths(result.prohibition_score)
    visit.touchpoint_score = _hundredths(result.touchpoint_score)
    visit.grave, visit.voided = bool(result.grave), result.voided


def _hundredths(text: str | None) -> int | None:
    return int(text.replace(".", "")) if text is not None else None
