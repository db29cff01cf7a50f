"""Checklists: publishing the folder's at the start, drafting, confirming and retiring versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.checklist import canonical, check_succession, fingerprint, read_checklist
from server.domain.checklist_changes import compare
from server.domain.checklist_plain import plain
from server.domain.checklist_succession import declare, succeed
from server.domain.checklist_written import Draft
from server.domain.draft_errors import AlreadyRetired, NoteMissing, NothingChanged, WrongStandard
from server.domain.errors import NotFound, ReasonMissing
from server.domain.findings import Finding
from server.gateways.standards import Standard, StandardsWrong, read_standards
from server.storage.database import hold
from server.storage.standards import ChecklistVersion, DraftKind, StandardDraft
from server.usecases import drafts
from server.usecases.work import Office, Work

FOLDER = "checklists"
_START = UUID(int=1)

Said = Literal["same", "changed", "new"]


def publish_standards(office: Office) -> int:
    """Make a row of each published checklist of the folder that has none yet; returns how many.

    Raises StandardsWrong, which stops the start, for any finding in the folder and for a published version
    that the database holds with another content.
    """
    standards = read_standards(office.settings.root / FOLDER)
    findings: list[Finding] = []
    made = 0
    with office.work() as work:
        hold(work.connection, _START)
        known = {
            (name, version): (sha256, written)
            for name, version, sha256, written in work.session.exec(
                select(
                    ChecklistVersion.id,
                    ChecklistVersion.version,
                    ChecklistVersion.sha256,
                    ChecklistVersion.written,
                )
            )
        }
        for key, standard in sorted(standards.items()):
            if not standard.published:
                continue
            if key not in known:
                work.session.add(_row(work, standard))
                work.record("checklist.published", "checklist", f"{key[0]}@{key[1]}", sha256=standard.sha256)
                made += 1
                continue
            sha256, written = known[key]
            if sha256 != standard.sha256:
                facts = {"expected": sha256[:12], "found": standard.sha256[:12]}
                place = f"{key[0]}/v{key[1]}.yaml"
                findings.append(Finding("", "published_differs", facts).placed(place, None))
            elif not written:
                _fill(work, key, standard)
        if findings:
            raise StandardsWrong(findings)
    return made


def as_next(
    work: Work, written: Mapping[str, Any], declared: Mapping[str, Said]
) -> tuple[drafts.Written, list[Finding]]:
    """A clean written checklist as the version after the newest, and what will keep it from being published.

    What the author has still to say of changed items is not among the findings: there is a page for that.
    """
    draft = _draft(written)
    earlier = _newest(work, draft.checklist.id)
    if earlier is None:
        return plain(draft), []
    later = declare(plain(draft), earlier, declared)
    reading = read_checklist(later)
    if reading.draft is None:
        return later, reading.findings
    broken = [
        each for each in check_succession(earlier, reading.draft) if each.message_key != "change_undeclared"
    ]
    return later, [*reading.findings, *broken]


def save(
    work: Work, written: Mapping[str, Any], *, draft_id: UUID | None = None, revision: int | None = None
) -> StandardDraft:
    """Begin or save the draft of a checklist's next version; see `drafts.save`."""
    name = written.get("id")
    return drafts.save(
        work,
        CHECKLISTS,
        name if isinstance(name, str) else "",
        written,
        draft_id=draft_id,
        revision=revision,
    )


def say_meanings(
    work: Work, draft_id: UUID, revision: int, meanings: Mapping[str, Said], note: str
) -> StandardDraft:
    """Save what the author says of the changed items (by their id now), and why the version is made.

    An item that means something else gets a new id; see `domain/checklist_succession.py`. Raises as `save` does.
    """
    work.needs(Permission.EDIT_STANDARDS)
    written = drafts.written_of(work, draft_id, DraftKind.CHECKLIST)
    earlier = _newest(work, written["id"])
    if earlier is not None:
        written = declare(written, earlier, meanings)
        written["changes"]["note"] = note.strip()[:2000]
    return save(work, written, draft_id=draft_id, revision=revision)


def note_of(draft: StandardDraft) -> str:
    """Why the version is made, as its author has said so far."""
    note = (json.loads(draft.written).get("changes") or {}).get("note", "")
    return str(note)


def retire(work: Work, checklist_id: str, version: int, reason: str) -> ChecklistVersion:
    """Take a version out of use for new assignments; what was begun with it goes on.

    Raises NotAllowed, NotFound, AlreadyRetired, ReasonMissing.
    """
    work.needs(Permission.EDIT_STANDARDS)
    row = work.session.get(ChecklistVersion, (checklist_id, version), with_for_update=True)
    if row is None:
        raise NotFound()
    if row.retired_at is not None:
        raise AlreadyRetired()
    if not reason.strip():
        raise ReasonMissing()
    row.retired_at, row.retired_reason = work.now, reason.strip()[:2000]
    work.record("checklist.retired", "checklist", f"{checklist_id}@{version}", reason=reason.strip()[:2000])
    return row


def _prepared(work: Work, name: str, written: drafts.Written) -> tuple[drafts.Written, int | None]:
    """As the next version of its checklist, whole and without a finding."""
    earlier = _newest(work, name)
    reading = read_checklist(written)
    if not reading.findings and reading.draft is not None and earlier is not None:
        reading = read_checklist(succeed(plain(reading.draft), earlier))
    elif earlier is None:
        first = {key: value for key, value in written.items() if key != "changes"}
        reading = read_checklist({**first, "version": 1})
    if reading.findings or reading.draft is None:
        raise WrongStandard(findings=tuple(reading.findings))
    return plain(reading.draft), earlier.checklist.version if earlier else None


def _unready(work: Work, written: drafts.Written, _base: int | None) -> list[Finding]:
    earlier = _newest(work, written["id"])
    if earlier is None:
        return []
    later = _draft(written)
    if not compare(earlier, later):
        raise NothingChanged(version=earlier.checklist.version)
    findings = check_succession(earlier, later)
    if not findings and not (later.checklist.changes and later.checklist.changes.note.strip()):
        raise NoteMissing()
    return findings


def _publish(work: Work, written: drafts.Written, proposed_by: UUID) -> int:
    reading = read_checklist(written)
    if reading.compiled is None or reading.draft is None:
        raise WrongStandard(findings=tuple(reading.findings))
    row = _row(work, Standard(reading.draft, reading.compiled, fingerprint(reading.compiled), published=True))
    row.proposed_by, row.confirmed_by = proposed_by, work.actor_id
    work.session.add(row)
    work.record(
        "checklist.published",
        "checklist",
        f"{row.id}@{row.version}",
        sha256=row.sha256,
        proposed_by=str(proposed_by),
    )
    return row.version


CHECKLISTS = drafts.Sort(DraftKind.CHECKLIST, _prepared, _unready, _publish)


def _row(work: Work, standard: Standard) -> ChecklistVersion:
    name, version = standard.key
    return ChecklistVersion(
        id=name,
        version=version,
        sha256=standard.sha256,
        compiled=canonical(standard.compiled).decode(),
        written=_text(standard.draft),
        published_at=work.now,
    )


def _fill(work: Work, key: tuple[str, int], standard: Standard) -> None:
    """Rows that are older than the column learn what was written."""
    row = work.session.get_one(ChecklistVersion, key)
    row.written = _text(standard.draft)
    work.record("checklist.written", "checklist", f"{key[0]}@{key[1]}")


def _text(draft: Draft) -> str:
    return json.dumps(plain(draft), ensure_ascii=False)


def _newest(work: Work, name: str) -> Draft | None:
    """The highest version of a checklist, retired or not: its successor is compared with it."""
    row = work.session.exec(
        select(ChecklistVersion.written)
        .where(ChecklistVersion.id == name)
        .order_by(col(ChecklistVersion.version).desc())
        .limit(1)
    ).first()
    return None if row is None else _draft(json.loads(row))


def _draft(written: object) -> Draft:
    reading = read_checklist(written)
    if reading.draft is None:
        raise WrongStandard(findings=tuple(reading.findings))
    return reading.draft
