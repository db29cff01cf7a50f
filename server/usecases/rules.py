"""Rule sets: publishing the folder's at the start, drafting, confirming and withdrawing versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from server.domain.access import Permission
from server.domain.draft_errors import (
    AlreadyRetired,
    NoteMissing,
    NothingChanged,
    RulesInForce,
    WrongStandard,
)
from server.domain.errors import NotFound, ReasonMissing
from server.domain.findings import Finding
from server.domain.rules import RuleSet, canonical, compare_rules, fingerprint, plain, read_rules
from server.domain.visit import SHANGHAI
from server.gateways.rules import read_rule_files
from server.gateways.standards import StandardsWrong
from server.storage.database import hold
from server.storage.standards import DraftKind, StandardDraft
from server.storage.standards import RuleSet as Published
from server.usecases import drafts
from server.usecases.work import Office, Work

FOLDER = "checklists"
_FURTHEST = timedelta(days=3 * 366)
"""How far ahead a rule set may begin; what lies further is a slip of the keyboard."""

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
                _add(work, rules, file.sha256)
                made += 1
            elif known[rules.version] != file.sha256:
                facts = {"expected": known[rules.version][:12], "found": file.sha256[:12]}
                place = f"rules/v{rules.version}.yaml"
                findings.append(Finding("", "published_differs", facts).placed(place, None))
        if findings:
            raise StandardsWrong(findings)
    return made


def begin(work: Work) -> StandardDraft:
    """Begin a draft with the newest rule set's content, valid from the first day of the next month."""
    newest = _newest(work)
    if newest is None:
        raise NotFound()
    today = work.now.astimezone(SHANGHAI).date()
    first = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    first = max(first, newest.valid_from + timedelta(days=1))
    return save(work, plain(newest) | {"valid_from": first.isoformat()})


def save(
    work: Work, written: Mapping[str, Any], *, draft_id: UUID | None = None, revision: int | None = None
) -> StandardDraft:
    """Begin or save the draft of the next rule set; see `drafts.save`."""
    return drafts.save(work, RULES, NAME, written, draft_id=draft_id, revision=revision)


def change(work: Work, draft_id: UUID, revision: int, values: Mapping[str, Any]) -> StandardDraft:
    """Give values of a draft, by their JSON pointers, new content; pointers that are not there are left out.

    Raises WrongStandard with all findings, and nothing is stored then.
    """
    work.needs(Permission.EDIT_STANDARDS)
    written = changed(drafts.written_of(work, draft_id, DraftKind.RULES), values)
    return save(work, written, draft_id=draft_id, revision=revision)


def changed(written: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the written rules with values put in at their pointers, where the rules have one."""
    later: dict[str, Any] = json.loads(json.dumps(written))
    for pointer, value in values.items():
        if not pointer.startswith("/"):
            continue
        *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        here: Any = later
        for step in steps:
            here = _inside(here, step)
        if _inside(here, last) is not None:
            here[int(last) if isinstance(here, list) else last] = value
    return later


def withdraw(work: Work, version: int, reason: str) -> Published:
    """Take back a rule set that does not hold yet. Raises NotAllowed, NotFound, AlreadyRetired, RulesInForce, ReasonMissing."""
    work.needs(Permission.EDIT_STANDARDS)
    row = work.session.get(Published, version, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.retired_at is not None:
        raise AlreadyRetired()
    if row.valid_from <= work.now.astimezone(SHANGHAI).date():
        raise RulesInForce(valid_from=row.valid_from.isoformat())
    if not reason.strip():
        raise ReasonMissing()
    row.retired_at, row.retired_reason = work.now, reason.strip()[:2000]
    work.record("rules.retired", "rules", str(version), reason=reason.strip()[:2000])
    return row


def _inside(here: Any, step: str) -> Any:
    if isinstance(here, list):
        return here[int(step)] if step.isdecimal() and int(step) < len(here) else None
    return here.get(step) if isinstance(here, dict) else None


def _prepared(work: Work, _name: str, written: drafts.Written) -> tuple[drafts.Written, int | None]:
    newest = _newest(work)
    rules, findings = read_rules({**written, "version": _next_number(work)})
    if rules is not None and newest is not None and rules.valid_from <= newest.valid_from:
        facts = {"version": newest.version, "date": newest.valid_from.isoformat()}
        findings = [Finding("/valid_from", "rules_begin_after", facts)]
    if findings or rules is None:
        raise WrongStandard(findings=tuple(findings))
    return plain(rules), newest.version if newest else None


def _unready(work: Work, written: drafts.Written, _base: int | None) -> list[Finding]:
    """A rule set begins after today, so that no figure changes behind anybody's back."""
    newest, rules = _newest(work), _read(written)
    if newest is not None:
        if not compare_rules(newest, rules.model_copy(update={"valid_from": newest.valid_from})):
            raise NothingChanged(version=newest.version)
        if not rules.note.strip() or rules.note == newest.note:
            raise NoteMissing()
    today = work.now.astimezone(SHANGHAI).date()
    if rules.valid_from <= today:
        return [Finding("/valid_from", "rules_begin_later", {"today": today.isoformat()})]
    if rules.valid_from > today + _FURTHEST:
        return [Finding("/valid_from", "rules_begin_sooner", {"days": _FURTHEST.days})]
    return []


def _publish(work: Work, written: drafts.Written, proposed_by: UUID) -> int:
    rules = _read(written)
    row = _add(work, rules, fingerprint(rules))
    row.proposed_by, row.confirmed_by = proposed_by, work.actor_id
    return rules.version


RULES = drafts.Sort(DraftKind.RULES, _prepared, _unready, _publish)
NAME = "rules"


def _newest(work: Work) -> RuleSet | None:
    """The latest set that was not withdrawn: the next one is compared with it and begins after it."""
    latest = (col(Published.valid_from).desc(), col(Published.version).desc())
    written = work.session.exec(
        select(Published.written).where(col(Published.retired_at).is_(None)).order_by(*latest).limit(1)
    ).first()
    return None if written is None else _read(json.loads(written))


def _next_number(work: Work) -> int:
    """A number is given once, also that of a set that was withdrawn."""
    return (work.session.exec(select(func.max(Published.version))).one() or 0) + 1


def _read(written: object) -> RuleSet:
    rules, findings = read_rules(written)
    if rules is None:
        raise WrongStandard(findings=tuple(findings))
    return rules


def _add(work: Work, rules: RuleSet, sha256: str) -> Published:
    row = Published(
        version=rules.version,
        valid_from=rules.valid_from,
        sha256=sha256,
        written=canonical(rules).decode(),
        published_at=work.now,
    )
    work.session.add(row)
    valid_from = rules.valid_from.isoformat()
    work.record("rules.published", "rules", str(rules.version), sha256=sha256, valid_from=valid_from)
    return row
