"""Rule sets: publishing the folder's at the start."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from server.domain.findings import Finding
from server.domain.rules import RuleSet, canonical
from server.gateways.rules import RuleFile, read_rule_files
from server.gateways.standards import StandardsWrong
from server.storage.database import hold
from server.storage.standards import RuleSet as Published
from server.usecases.work import Office, Work

FOLDER = "checklists"
_START = UUID(int=1)
"""What starts hold, so that two at once publish one after the other; the checklists' start holds the same."""


def publish_rules(office: Office) -> int:
    """Make a row of each published rule set of the folder that has none yet; returns how many.

    Calendars are checked and stay in the folder. Raises StandardsWrong, which stops the start, for any finding
    in the folder and for a published version that the database holds with another content.
    """
    files = read_rule_files(office.settings.root / FOLDER)
    findings: list[Finding] = []
    made = 0
    with office.work() as work:
        hold(work.connection, _START)
        known = dict(work.session.exec(select(Published.version, Published.sha256)).all())
        for _, file in sorted(files.items()):
            rules = file.content
            if not file.published or not isinstance(rules, RuleSet):
                continue
            if rules.version not in known:
                _add(work, rules, file)
                made += 1
            elif known[rules.version] != file.sha256:
                facts = {"expected": known[rules.version][:12], "found": file.sha256[:12]}
                place = f"rules/v{rules.version}.yaml"
                findings.append(Finding("", "published_differs", facts).placed(place, None))
        if findings:
            raise StandardsWrong(findings)
    return made


def _add(work: Work, rules: RuleSet, file: RuleFile) -> None:
    work.session.add(
        Published(
            version=rules.version,
            valid_from=rules.valid_from,
            sha256=file.sha256,
            written=canonical(rules).decode(),
            published_at=work.now,
        )
    )
    valid_from = rules.valid_from.isoformat()
    work.record("rules.published", "rules", str(rules.version), sha256=file.sha256, valid_from=valid_from)
