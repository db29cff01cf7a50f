"""Flagging a visit that has arrived whole: compares its photographs and words with those of other visits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.evidence import Flag, Picture, Site, departed, flags, texts
from server.domain.rules_visits import EvidenceRules
from server.domain.visit import VisitDocument, VisitState
from server.queries.rules import rules_on
from server.storage import pictures
from server.storage.organisation import Outlet
from server.storage.pictures import PICTURES
from server.storage.standards import ChecklistVersion
from server.storage.visits import Visit, VisitFile
from server.usecases.work import Work


def flag(work: Work, visit_id: UUID) -> list[Flag]:
    """Find the visit's flags and keep them with it. Doing it again gives the same flags and no second event."""
    visit = work.session.get_one(Visit, visit_id)
    version = work.session.get_one(ChecklistVersion, (visit.checklist_id, visit.checklist_version))
    checklist = json.loads(version.compiled)
    document = departed(VisitDocument.model_validate_json(visit.document), checklist)
    outlet = work.session.get_one(Outlet, visit.outlet_id)
    rules = rules_on(work.connection, visit.visit_date).evidence
    text_items = _text_items(checklist)
    mine = list(_pictures(work, VisitFile.visit_id == visit.id))
    found = flags(
        document,
        Site(outlet.tier.value, outlet.lat, outlet.lng),
        rules,
        pictures=mine,
        others=list(_others(work, visit, mine, rules)),
        earlier_texts=_earlier_texts(work, visit, rules, text_items),
        text_items=text_items,
    )
    kept = json.dumps([one.as_json() for one in found], ensure_ascii=False, sort_keys=True)
    if visit.state is VisitState.SUBMITTED or visit.flags != kept:
        visit.flags = kept
        work.record(
            "visit.flagged",
            "visit",
            visit.id,
            revision=visit.revision,
            codes=sorted({one.code for one in found}),
        )
    return found


def _pictures(work: Work, *which: sa.ColumnElement[bool] | bool) -> Iterator[Picture]:
    rows = work.session.exec(
        select(VisitFile.sha256, VisitFile.dhash, VisitFile.visit_id)
        .where(col(VisitFile.kind).in_(PICTURES), *which)
        .order_by(col(VisitFile.arrived_at), col(VisitFile.sha256), col(VisitFile.visit_id))
    )
    for sha256, dhash, visit_id in rows:
        yield Picture(sha256, dhash, str(visit_id))


def _others(work: Work, visit: Visit, mine: list[Picture], rules: EvidenceRules) -> Iterator[Picture]:
    """The same bytes at any time, then of the last days the picture that is most like each of mine."""
    elsewhere = col(VisitFile.visit_id) != visit.id
    same = list(_pictures(work, elsewhere, col(VisitFile.sha256).in_([picture.sha256 for picture in mine])))
    yield from same
    repeated = {picture.sha256 for picture in same}
    since = work.now - timedelta(days=rules.similar_days)
    found = {
        (like.arrived_at, like.sha256, like.visit_id): Picture(like.sha256, like.dhash, str(like.visit_id))
        for picture in mine
        if picture.dhash and picture.sha256 not in repeated
        if (like := pictures.nearest(work.session, picture.dhash, rules.similar_bits, since, visit.id))
    }
    for _, picture in sorted(found.items()):
        yield picture


def _text_items(checklist: dict[str, Any]) -> frozenset[str]:
    return frozenset(
        item["id"] for section in checklist["sections"] for item in section["items"] if item["kind"] == "text"
    )


def _earlier_texts(
    work: Work, visit: Visit, rules: EvidenceRules, text_items: frozenset[str]
) -> dict[str, str]:
    earlier = work.session.exec(
        select(Visit.id, Visit.document)
        .where(
            Visit.inspector_id == visit.inspector_id,
            Visit.id != visit.id,
            col(Visit.submitted_at).is_not(None),
        )
        .order_by(col(Visit.submitted_at).desc())
        .limit(rules.same_text_visits)
    )
    found: dict[str, str] = {}
    for visit_id, text in earlier:
        document = VisitDocument.model_validate_json(text)
        for _, words in texts(document, text_items):
            if len(words.strip()) >= rules.same_text_characters:
                found.setdefault(words.strip(), str(visit_id))
    return found
