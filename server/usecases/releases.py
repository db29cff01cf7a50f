"""Photographs of covert visits on their way out: faces proposed, masks confirmed, released or withheld by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from server.domain import masks
from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound, PhotoUnreadable, VisitStateForbids
from server.domain.masks import Mask, PhotoNotMaskable, PhotoShown, PhotosNotLooked
from server.domain.publishing import PhotoState
from server.domain.visit import COUNTED, VisitState
from server.gateways import masking
from server.queries import scope
from server.queries.releases import photos_of
from server.storage.database import hold, hold_file
from server.storage.publishing import PhotoRelease
from server.storage.visits import Visit
from server.usecases import photos
from server.usecases.work import Office, Work

CONFIRM, RELEASE, WITHHOLD, UNDO = "confirm", "release", "withhold", "undo"
_SIZES = (*photos.SIZES, photos.PAGE)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for one photograph: its masks as they stood on the page, and what is done, if anything.

    `act` is confirm, release, withhold or undo; empty keeps the masks alone.
    """

    sha256: str
    shapes: tuple[Mask, ...]
    act: str = ""


def propose(office: Office, visit_id: UUID) -> int:
    """Look for faces in the photographs of an accepted covert visit that nobody has looked at; returns in how many.

    What a person has decided stays. The database is not held while faces are looked for. Doing it again changes
    nothing.
    """
    from server.gateways import faces

    with office.work(write=False) as work:
        visit = work.session.exec(select(Visit).where(Visit.id == visit_id, scope.covert())).first()
        if visit is None or visit.state not in COUNTED:
            return 0
        known = _rows(work, visit_id)
        waiting = [name for name in photos_of(work.session, visit) if name not in known]
    found = {
        name: faces.proposals(photos.read(office, photos.Look(name, "photo", "image/jpeg", "screen")))
        for name in waiting
    }
    with office.work() as work:
        hold(work.connection, visit_id)
        known = _rows(work, visit_id)
        new = {name: shapes for name, shapes in found.items() if name not in known}
        for name, shapes in new.items():
            work.session.add(
                PhotoRelease(
                    visit_id=visit_id,
                    sha256=name,
                    shapes=masks.written(shapes),
                    state=PhotoState.PROPOSED,
                    at=work.now,
                )
            )
        if new:
            faces_found = sum(len(shapes) for shapes in new.values())
            work.record("visit.faces-proposed", "visit", visit_id, photos=len(new), faces=faces_found)
    return len(new)


def choose(office: Office, viewer: Viewer, visit_id: UUID, choices: Sequence[Choice]) -> None:
    """Keep a person's masks, and confirm, release, withhold or take back photographs of an accepted covert visit.

    Masked pictures are made before the transaction that writes. Raises NotAllowed, NotFound, VisitStateForbids,
    PhotoNotMaskable, PhotoShown.
    """
    with office.work(viewer, write=False) as work:
        made = pictures(work, visit_id, choices)
    with office.work(viewer) as work:
        left = keep(work, visit_id, choices, made)
    # Only now: whoever is rolled back has lost nothing.
    for name in left:
        _delete(office, name)


def pictures(work: Work, visit_id: UUID, choices: Sequence[Choice]) -> dict[str, bytes]:
    """The masked picture of each photograph that is to be released. Raises as `choose` does."""
    there = photos_of(work.session, _visit(work, visit_id))
    if any(choice.sha256 not in there for choice in choices):
        raise NotFound()
    made = {}
    for choice in choices:
        if choice.act == RELEASE:
            try:
                data = work.files.get(choice.sha256, kind=there[choice.sha256])
                made[choice.sha256] = masking.masked(data, choice.shapes)
            except PhotoUnreadable as error:
                raise PhotoNotMaskable() from error
    return made


def keep(work: Work, visit_id: UUID, choices: Sequence[Choice], made: Mapping[str, bytes]) -> set[str]:
    """Write down what was chosen, with the masked pictures that were made for it.

    Returns the masked pictures that are left over: `choose` deletes them when this is committed.
    """
    hold(work.connection, visit_id)
    visit = _visit(work, visit_id)
    rows = _rows(work, visit_id)
    before = {row.masked_sha256 for row in rows.values()}
    for choice in choices:
        _apply(work, visit, rows.get(choice.sha256), choice, made)
    work.session.flush()
    return {name for name in before - {row.masked_sha256 for row in _rows(work, visit_id).values()} if name}


def release_all(
    office: Office, viewer: Viewer, visit_id: UUID, shapes: Mapping[str, tuple[Mask, ...]]
) -> int:
    """Release every photograph of `shapes` with these masks, but those that are withheld or out already.

    Returns how many. Raises NotAllowed, NotFound, VisitStateForbids, PhotoNotMaskable, and PhotosNotLooked where
    faces were not looked for yet.
    """
    with office.work(viewer, write=False) as work:
        there = photos_of(work.session, _visit(work, visit_id))
        rows = _rows(work, visit_id)
    waiting = [name for name in there if name not in rows]
    if waiting:
        raise PhotosNotLooked(count=len(waiting))
    open_ = (PhotoState.PROPOSED, PhotoState.CONFIRMED)
    chosen = [
        Choice(name, given, RELEASE)
        for name, given in shapes.items()
        if name in there and rows[name].state in open_
    ]
    choose(office, viewer, visit_id, chosen)
    return len(chosen)


def _apply(
    work: Work, visit: Visit, row: PhotoRelease | None, choice: Choice, made: Mapping[str, bytes]
) -> None:
    if row is None:
        row = PhotoRelease(
            visit_id=visit.id, sha256=choice.sha256, shapes="[]", state=PhotoState.PROPOSED, at=work.now
        )
        if not choice.act and not choice.shapes:
            return
        work.session.add(row)
    before = row.state
    shapes = masks.written(choice.shapes)
    if choice.act == RELEASE:
        name = work.files.put(made[choice.sha256], kind=masking.KIND)
        row.shapes, row.state, row.masked_sha256, row.expired_at = shapes, PhotoState.RELEASED, name, None
        _note(work, row, "photo.released", masked=name, masks=len(choice.shapes))
        return
    if before is PhotoState.RELEASED:
        # What is out keeps the masks that it went out with, until it is taken back.
        if choice.act == UNDO and visit.state is not VisitState.ACCEPTED:
            raise PhotoShown()
        if choice.act == UNDO:
            row.masked_sha256, row.state = None, PhotoState.CONFIRMED
            _note(work, row, "photo.taken-back")
        elif choice.act == WITHHOLD:
            row.masked_sha256, row.state = None, PhotoState.WITHHELD
            # What was out stands in signed reports, which are signed anew without it.
            _note(work, row, "photo.withheld", shown=visit.state is not VisitState.ACCEPTED)
        return
    if choice.act == WITHHOLD:
        row.shapes, row.state = shapes, PhotoState.WITHHELD
        if before is not PhotoState.WITHHELD:
            _note(work, row, "photo.withheld")
    elif choice.act in (CONFIRM, UNDO) or row.shapes != shapes:
        kept = before is PhotoState.WITHHELD and not choice.act
        if row.shapes != shapes or before is not PhotoState.CONFIRMED:
            row.shapes, row.state = shapes, before if kept else PhotoState.CONFIRMED
            _note(work, row, "photo.masked", masks=len(choice.shapes))


def _note(work: Work, row: PhotoRelease, event: str, **facts: object) -> None:
    row.by_id, row.at = work.actor_id, work.now
    work.record(event, "visit", row.visit_id, sha256=row.sha256, **facts)


def _delete(office: Office, name: str) -> None:
    """Delete a masked picture that no row names any more, with the sizes made of it."""
    with office.work() as work:
        hold_file(work.connection, name)
        if work.session.exec(select(PhotoRelease).where(PhotoRelease.masked_sha256 == name)).first() is None:
            work.files.delete(name, kind=masking.KIND)
            for size in _SIZES:
                work.files.delete_named(photos.size_name(size, name))


def _visit(work: Work, visit_id: UUID) -> Visit:
    """The covert visit in sight whose photographs may go out. Raises NotAllowed, NotFound, VisitStateForbids."""
    work.needs(Permission.RELEASE_PHOTOS)
    visit = work.session.exec(
        select(Visit).where(Visit.id == visit_id, scope.visits(work.viewer), scope.covert())
    ).first()
    if visit is None:
        raise NotFound()
    if visit.state not in COUNTED:
        raise VisitStateForbids(state=visit.state)
    return visit


def _rows(work: Work, visit_id: UUID) -> dict[str, PhotoRelease]:
    found = work.session.exec(select(PhotoRelease).where(col(PhotoRelease.visit_id) == visit_id))
    return {row.sha256: row for row in found}
