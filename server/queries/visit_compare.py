"""What a reviewer compares a visit with: the revision that was returned, and the photographs of other visits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.domain.visit import VisitDocument, VisitFile, VisitState, corrected
from server.domain.visit_changes import ItemChange, changes
from server.queries import scope
from server.queries.answers import Translate, in_words
from server.queries.visit_page import VisitPage
from server.storage import visits as tables
from server.storage.visits import Review, Revision, Visit

WRITTEN = (VisitState.RECEIVING, VisitState.SUBMITTED, VisitState.IN_REVIEW, VisitState.SECOND_REVIEW)
"""Where a corrected revision waits for a decision."""


@dataclass(frozen=True, slots=True)
class Since:
    """What changed since the revision of that number was returned; `were` are the answers of then in words.

    `times` are instants by the server's clock: before and after.
    """

    revision: int
    items: dict[str, ItemChange]
    were: dict[str, str]
    times: dict[str, tuple[datetime | None, datetime | None]]
    beside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """A photograph of another visit to look at beside one of this: how they belong together, and which visit it is of."""

    sha256: str
    why: Literal["same", "similar", "before"]
    visit: UUID
    day: str
    gone: bool


def since_return(session: Session, page: VisitPage, language: str, _: Translate = str) -> Since | None:
    """What the inspector changed after the last return; None for a visit that did not come back corrected."""
    if page.state not in WRITTEN:
        return None
    number = session.exec(
        select(Review.revision)
        .where(
            Review.visit_id == page.id,
            col(Review.revision) < page.revision,
            Review.decision == "return",
        )
        .order_by(col(Review.revision).desc(), col(Review.round).desc())
    ).first()
    before = session.get(Revision, (page.id, number)) if number else None
    if before is None:
        return None
    was = VisitDocument.model_validate_json(before.document)
    found = changes(was, page.document)
    items = {one.item["id"]: one.item for part in page.parts for one in part.items}
    offsets = (was.clock_offset_ms, page.document.clock_offset_ms)
    return Since(
        revision=before.number,
        items=dict(found.items),
        were={
            name: in_words(items[name], change.before, language, _)
            for name, change in found.items.items()
            if name in items
        },
        times={
            name: (
                corrected(pair[0], offsets[0]) if pair[0] else None,
                corrected(pair[1], offsets[1]) if pair[1] else None,
            )
            for name, pair in found.times.items()
        },
        beside=found.beside,
    )


def beside(session: Session, viewer: Viewer, page: VisitPage) -> dict[str, list[Beside]]:
    """By SHA-256 of this visit's photographs those of other visits to compare them with, the alike ones first."""
    wanted = [*_alike(page.flags), *_rechecked(session, viewer, page)]
    ids = {visit for _, _, _, visit in wanted}
    days = {
        visit.id: visit.visit_date.isoformat()
        for visit in session.exec(select(Visit).where(col(Visit.id).in_(ids), scope.visits(viewer)))
    }
    there = {
        (file.visit_id, file.sha256): file.expired_at is not None
        for file in session.exec(select(tables.VisitFile).where(col(tables.VisitFile.visit_id).in_(ids)))
    }
    found: dict[str, list[Beside]] = {}
    for mine, why, sha256, visit in wanted:
        if visit in days and (visit, sha256) in there:
            other = Beside(sha256, why, visit, days[visit], gone=there[visit, sha256])
            found.setdefault(mine, []).append(other)
    return found


_Wanted = tuple[str, Literal["same", "similar", "before"], str, UUID]


def _alike(flags: list[dict[str, Any]]) -> Iterator[_Wanted]:
    for flag in flags:
        facts = flag["facts"]
        if flag["code"] == "photo_repeated":
            yield facts["sha256"], "same", facts["sha256"], UUID(facts["visit"])
        elif flag["code"] == "photo_similar":
            yield facts["sha256"], "similar", facts["other"], UUID(facts["visit"])


def _rechecked(session: Session, viewer: Viewer, page: VisitPage) -> Iterator[_Wanted]:
    """Beside each photograph of a recheck those that the visit before has of the same item."""
    visit_id = page.document.recheck_of
    if not visit_id:
        return
    visit = session.exec(select(Visit).where(Visit.id == UUID(visit_id), scope.visits(viewer))).first()
    if visit is None or visit.accepted_revision is None:
        return
    revision = session.get_one(Revision, (visit.id, visit.accepted_revision))
    before: dict[str, list[VisitFile]] = {}
    for file in VisitDocument.model_validate_json(revision.document).files:
        if file.kind == "photo" and file.item:
            before.setdefault(file.item, []).append(file)
    for mine in page.document.files:
        for file in before.get(mine.item or "", ()):
            yield mine.sha256, "before", file.sha256, visit.id
