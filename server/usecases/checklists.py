"""Publishing the folder's checklists into the database at the start."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from server.domain.checklist import canonical
from server.domain.findings import Finding
from server.gateways.standards import StandardsWrong, read_standards
from server.storage.database import hold
from server.storage.standards import ChecklistVersion
from server.usecases.work import Office

FOLDER = "checklists"
_START = UUID(int=1)


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
                        Finding("", "published_differs", facts).placed(f"{key[0]}/v{key[1]}.yaml", None)
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
