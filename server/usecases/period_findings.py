"""The findings of a period report: which items failed most, in the words of their checklists, with notes and photographs."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from server.domain.visit import VisitDocument
from server.queries import checklists, releases, words
from server.reports.facts import Photo
from server.reports.period_parts import Finding
from server.storage.visits import Revision, VisitFile
from server.usecases.period_read import Read, Taken
from server.usecases.work import Work

MOST, PHOTOS, NOTES, NOTE_LENGTH = 10, 3, 2, 120
Pictures = dict[str, str]
"""The kind of each file that is shown, by its SHA-256."""


@dataclass(slots=True)
class _Seen:
    item: dict[str, Any]
    of: int = 0
    failed: list[Taken] = field(default_factory=list)


def findings(work: Work, read: Read, *, most: int | None = MOST) -> tuple[tuple[Finding, ...], Pictures]:
    """All critical items that failed, then the `most` frequent others; and the files whose pictures they show.

    Items are told apart by checklist and id, so that one that kept its id over two versions is one. A recheck is
    never among the visits.
    """
    seen = _counted(work, read)
    failed = [one for one in seen.values() if one.failed]
    failed.sort(key=lambda one: (not one.item["critical"], -len(one.failed), one.item["id"]))
    pictures: Pictures = {}
    grave = [one for one in failed if one.item["critical"]]
    shown = tuple(_finding(work, read, one, pictures) for one in (*grave, *failed[len(grave) :][:most]))
    return shown, pictures


def failures(work: Work, read: Read) -> dict[UUID, int]:
    """How many items failed in each visit."""
    found: dict[UUID, int] = {each.visit.id: 0 for each in read.taken}
    for one in _counted(work, read).values():
        for each in one.failed:
            found[each.visit.id] += 1
    return found


def _counted(work: Work, read: Read) -> dict[tuple[str, str], _Seen]:
    seen: dict[tuple[str, str], _Seen] = {}
    results = results_of(work, read)
    # The newest version comes first, so that an item is told in its words.
    for each in sorted(read.taken, key=lambda one: -one.visit.checklist_version):
        compiled = checklists.compiled(work.connection, each.visit.checklist_id, each.visit.checklist_version)
        result = results[each.visit.id]
        counted, credits = set(result["counted"]), result["credits"]
        for section in compiled["sections"]:
            for item in section["items"]:
                if item["id"] not in counted or not item["points"]:
                    continue
                one = seen.setdefault((each.visit.checklist_id, item["id"]), _Seen(item))
                one.of += 1
                if (credits[item["id"]] or 0) < compiled["fail_below"]:
                    one.failed.append(each)
    return seen


def results_of(work: Work, read: Read) -> dict[UUID, dict[str, Any]]:
    """The scores of the visits that the figures are from, in the revisions that count, as they were written."""
    rows = work.session.exec(
        select(Revision.visit_id, Revision.number, Revision.result).where(
            col(Revision.visit_id).in_([each.visit.id for each in read.rests_on])
        )
    )
    counted = {each.visit.id: each.revision for each in read.rests_on}
    return {visit: json.loads(result) for visit, number, result in rows if counted[visit] == number}


def _finding(work: Work, read: Read, one: _Seen, pictures: Pictures) -> Finding:
    language, item = read.wanted.language, one.item
    notes: list[str] = []
    photos: list[Photo] = []
    outlets: defaultdict[str, int] = defaultdict(int)
    for each in sorted(one.failed, key=lambda taken: taken.visit.visit_date, reverse=True):
        outlets[each.outlet.name] += 1
        if len(notes) >= NOTES and len(photos) >= PHOTOS:
            continue
        document = _document(work, each)
        answer = document.answers.get(item["id"])
        if answer and answer.note and len(notes) < NOTES:
            note = words.note(answer.note, read.say).strip()
            notes.append(note if len(note) <= NOTE_LENGTH else note[: NOTE_LENGTH - 1] + "…")
        photos += _photos(work, read, each, document, item["id"], pictures)[: PHOTOS - len(photos)]
    names = [name if n == 1 else f"{name} ×{n}" for name, n in outlets.items()]
    return Finding(
        ref=item["id"],
        text=item["text"][language],
        source=words.source(item["source"], read.say),
        times=len(one.failed),
        of=one.of,
        critical=item["critical"],
        prohibition=item["prohibition"],
        outlets=tuple(names),
        notes=tuple(notes),
        photos=tuple(photos),
    )


def _document(work: Work, each: Taken) -> VisitDocument:
    revision = work.session.get_one(Revision, (each.visit.id, each.revision))
    return VisitDocument.model_validate_json(revision.document)


def _photos(
    work: Work, read: Read, each: Taken, document: VisitDocument, item: str, pictures: Pictures
) -> list[Photo]:
    """The photographs of one answer that this reader may see: outside, of whatever visit, those masked and released."""
    arrived = {
        file.sha256: file
        for file in work.session.exec(select(VisitFile).where(VisitFile.visit_id == each.visit.id))
        if not read.inner or file.expired_at is None
    }
    bare = not read.inner
    # Masked ones outlive those that they were made of.
    masked = releases.released(work.session, each.visit.id) if bare else {}
    found = []
    for file in document.files:
        if file.item != item or file.kind not in releases.KINDS or file.sha256 not in arrived:
            continue
        name, kind = (masked.get(file.sha256), "masked") if bare else (file.sha256, file.kind)
        if name is not None and name not in pictures:
            pictures[name] = kind
            found.append(Photo(sha256=name, caption=each.outlet.name))
    return found
