"""What is decided about the photographs of covert visits: which are released, and the page on which it is decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain import masks
from server.domain.access import Viewer
from server.domain.errors import NotFound
from server.domain.masks import Mask
from server.domain.publishing import PhotoState
from server.domain.visit import COUNTED, VisitDocument
from server.queries import checklists, scope
from server.storage.organisation import Outlet, User
from server.storage.publishing import PhotoRelease
from server.storage.visits import Revision, Visit, VisitFile

KINDS = ("photo", "original")
"""The kinds of a visit's files that are photographs an outlet might see."""
OPEN = ("", "proposed", "confirmed")
"""The states of a photograph about which nothing is decided."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph: what it belongs to, its masks, and what was decided by whom. Without a decision `state` is empty."""

    sha256: str
    item: str | None
    text: dict[str, str] | None
    caption: str
    shapes: tuple[Mask, ...]
    state: str
    masked: str | None
    who: str


@dataclass(frozen=True, slots=True)
class Shots:
    """The photographs of one covert visit, in the order of its checklist."""

    visit_id: UUID
    outlet: Outlet
    visit_date: date
    kind: str
    shown: bool
    shots: tuple[Shot, ...]

    def count(self, *states: str) -> int:
        """How many photographs are in one of these states."""
        return sum(shot.state in states for shot in self.shots)

    @property
    def bare(self) -> int:
        """How many of those that may still be released have not one mask."""
        return sum(shot.state in OPEN and not shot.shapes for shot in self.shots)

    def with_shapes(self, shapes: Mapping[str, tuple[Mask, ...]]) -> Shots:
        """The same with these masks on those that may still be released."""
        shots = (
            replace(shot, shapes=shapes.get(shot.sha256, shot.shapes)) if shot.state in OPEN else shot
            for shot in self.shots
        )
        return replace(self, shots=tuple(shots))


def released(session: Session, visit_id: UUID) -> dict[str, str]:
    """The SHA-256 of the masked picture of each photograph of a visit that was released, by that of the photograph."""
    return _masked(session, visit_id, expired=False)


def expired(session: Session, visit_id: UUID) -> dict[str, str]:
    """The same of those whose masked picture was deleted when its time came."""
    return _masked(session, visit_id, expired=True)


def _masked(session: Session, visit_id: UUID, *, expired: bool) -> dict[str, str]:
    gone = col(PhotoRelease.expired_at)
    rows = session.exec(
        select(PhotoRelease).where(
            col(PhotoRelease.visit_id) == visit_id,
            col(PhotoRelease.state) == PhotoState.RELEASED,
            gone.is_not(None) if expired else gone.is_(None),
        )
    )
    return {row.sha256: row.masked_sha256 for row in rows if row.masked_sha256}


def seen_by_item(session: Session, viewer: Viewer, visit_id: UUID) -> dict[str, list[str]]:
    """The SHA-256 of the pictures of each item of a visit that the viewer may look at: of a covert visit whoever may not
    have the photographs as they were taken gets the masked ones that were released."""
    here = sa.and_(
        col(VisitFile.visit_id) == visit_id,
        col(VisitFile.kind) == "photo",
        col(VisitFile.expired_at).is_(None),
    )
    rows = session.execute(
        sa.select(col(VisitFile.item_id), col(VisitFile.sha256)).where(here, scope.photos(viewer))
    ).all()
    if not rows:
        of = sa.and_(
            col(PhotoRelease.visit_id) == col(VisitFile.visit_id),
            col(PhotoRelease.sha256) == col(VisitFile.sha256),
        )
        rows = session.execute(
            sa.select(col(VisitFile.item_id), col(PhotoRelease.masked_sha256))
            .join(PhotoRelease, of)
            .where(here, scope.released(viewer))
        ).all()
    found: dict[str, list[str]] = {}
    for item, sha256 in sorted((item, sha256) for item, sha256 in rows if item and sha256):
        found.setdefault(item, []).append(sha256)
    return found


def photos_of(session: Session, visit: Visit) -> dict[str, str]:
    """The photographs that the accepted revision names and that are here: their kind by their SHA-256."""
    return {file.sha256: file.kind for file in _arrived(session, visit, _document(session, visit))}


def counts(session: Session, visit_ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """By visit, how many of its photographs are in which state."""
    found: dict[UUID, dict[str, int]] = {}
    rows = session.execute(
        sa.select(col(PhotoRelease.visit_id), col(PhotoRelease.state), sa.func.count())
        .where(col(PhotoRelease.visit_id).in_(visit_ids))
        .group_by(col(PhotoRelease.visit_id), col(PhotoRelease.state))
    )
    for visit_id, state, number in rows:
        found.setdefault(visit_id, {})[state.value] = number
    return found


def shots(session: Session, viewer: Viewer, visit_id: UUID) -> Shots:
    """What the page of a visit's photographs shows. Raises NotFound where there is no such covert visit in sight."""
    row = session.execute(
        sa.select(Visit, Outlet)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(col(Visit.id) == visit_id, scope.visits(viewer), scope.covert(), col(Visit.state).in_(COUNTED))
    ).first()
    if row is None:
        raise NotFound()
    visit, outlet = row
    document = _document(session, visit)
    here = {file.sha256: file for file in _arrived(session, visit, document)}
    decided = {
        release.sha256: (release, who)
        for release, who in session.execute(
            sa.select(PhotoRelease, col(User.name))
            .outerjoin(User, col(User.id) == col(PhotoRelease.by_id))
            .where(col(PhotoRelease.visit_id) == visit_id)
        ).all()
    }
    compiled = checklists.compiled(session.connection(), visit.checklist_id, visit.checklist_version)
    items = {item["id"]: item for section in compiled["sections"] for item in section["items"]}
    order = list(items)
    named = {file.sha256: file for file in document.files if file.sha256 in here}
    found = []
    for file in named.values():
        release, who = decided.get(file.sha256, (None, None))
        item = items.get(file.item) if file.item else None
        found.append(
            Shot(
                sha256=file.sha256,
                item=file.item,
                text=item["text"] if item else None,
                caption=file.caption or "",
                shapes=masks.read(release.shapes) if release else (),
                state=release.state.value if release else "",
                masked=release.masked_sha256 if release else None,
                who=who or "",
            )
        )
    found.sort(key=lambda shot: order.index(shot.item) if shot.item in order else len(order))
    return Shots(
        visit.id, outlet, visit.visit_date, visit.kind.value, visit.state in scope.SHOWN, tuple(found)
    )


def _document(session: Session, visit: Visit) -> VisitDocument:
    revision = session.get(Revision, (visit.id, visit.accepted_revision)) if visit.accepted_revision else None
    return VisitDocument.model_validate_json(revision.document if revision else visit.document)


def _arrived(session: Session, visit: Visit, document: VisitDocument) -> list[VisitFile]:
    named = {file.sha256 for file in document.files if file.kind in KINDS}
    return [
        file
        for file in session.exec(
            select(VisitFile)
            .where(
                VisitFile.visit_id == visit.id,
                col(VisitFile.kind).in_(KINDS),
                col(VisitFile.type).startswith("image/"),
                col(VisitFile.expired_at).is_(None),
            )
            .order_by(col(VisitFile.sha256))
        )
        if file.sha256 in named
    ]
