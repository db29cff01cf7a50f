"""Publishing the folder's checklists into the database at the start, and looking compiled ones up."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlmodel import select

from server.domain.checklist import canonical
from server.domain.errors import UnknownChecklist
from server.domain.findings import Finding
from server.gateways.standards import StandardsWrong, read_standards
from server.storage.database import hold
from server.storage.organisation import ChecklistVersion
from server.usecases.work import Office, Work

FOLDER = "checklists"


def publish_standards(office: Office) -> int:
    """Make a row of each published checklist of the folder that has none yet; returns how many.

    Raises StandardsWrong, which stops the start, for any finding in the folder and for a published version
    that the database holds with another content.
    """
    standards = read_standards(office.settings.root / FOLDER)
    findings: list[Finding] = []
    made = 0
    with office.work() as work:
        hold(work.session, _START)
        known = {
            (name, version): sha256
            for name, version, sha256 in work.session.exec(
                select(ChecklistVersion.id, ChecklistVersion.version, ChecklistVersion.sha256)
            )
        }
        for key, standard in sorted(standards.items()):
            if not standard.published:
                continue
            if key in known:
                if known[key] != standard.sha256:
                    facts = {"expected": known[key][:12], "found": standard.sha256[:12]}
                    findings.append(
                        Finding("", "published_changed", facts).placed(f"{key[0]}/v{key[1]}.yaml", None)
                    )
                continue
            work.session.add(
                ChecklistVersion(
                    id=key[0],
                    version=key[1],
                    sha256=standard.sha256,
                    compiled=canonical(standard.compiled).decode(),
                    published_at=work.now,
                )
            )
            work.record("checklist.published", "checklist", f"{key[0]}@{key[1]}", sha256=standard.sha256)
            made += 1
        if findings:
            raise StandardsWrong(findings)
    return made


def compiled(work: Work, checklist_id: str, version: int) -> dict[str, Any]:
    """The compiled JSON of a published checklist, not to be changed. Raises UnknownChecklist."""
    sha256 = work.session.exec(
        select(ChecklistVersion.sha256).where(
            ChecklistVersion.id == checklist_id, ChecklistVersion.version == version
        )
    ).first()
    if sha256 is None:
        raise UnknownChecklist(checklist=checklist_id, version=version)
    found = _held.get(sha256)
    if found is None:
        found = json.loads(text(work, checklist_id, version)[0])
        # The content belongs to its hash for ever, so what is held is never wrong; it is only kept small.
        if len(_held) >= _MOST:
            _held.clear()
        _held[sha256] = found
    return found


def text(work: Work, checklist_id: str, version: int) -> tuple[str, str]:
    """The canonical JSON of a published checklist and its SHA-256. Raises UnknownChecklist."""
    found = work.session.get(ChecklistVersion, (checklist_id, version))
    if found is None:
        raise UnknownChecklist(checklist=checklist_id, version=version)
    return found.compiled, found.sha256


_MOST = 64
_held: dict[str, dict[str, Any]] = {}
_START = UUID(int=1)
