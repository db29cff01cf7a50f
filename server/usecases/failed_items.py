"""Corrective actions from visits: one for each failed item when its outlet may know of it, and what a recheck found."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.actions import (
    WAITING,
    ActionSort,
    ActionState,
    Step,
    is_repeat,
    limit,
    risen,
    sort_of,
)
from server.domain.review import is_covert
from server.domain.rules_visits import Fixes
from server.domain.visit import Action as Agreed
from server.domain.visit import VisitDocument, VisitKind
from server.queries import checklists
from server.storage.actions import Action, ActionStep
from server.storage.organisation import User
from server.storage.visits import Revision, Visit
from server.usecases import actions
from server.usecases.campaigns import end_of
from server.usecases.work import Work

STILL_FAILED = "复查仍不合格"
FAILED_AGAIN = "答复以后的检查中又不合格"
FAILED_MEANWHILE = "还没有整改，又一次检查不合格"
"""The reasons that the system gives; all are texts of the catalogue."""


def from_visit(work: Work, visit: Visit, *, published: bool = False) -> list[Action]:
    """Make the corrective actions of a visit, at its acceptance, or at its publication where it is covert.

    One for each failed item; where the inspector agreed one on the spot, that one is taken over with its id, what, date
    and name. Of a covert visit nothing that its phone made is taken over but the words. Called inside the transaction
    that accepts or publishes; doing it again makes nothing twice.
    """
    covert = _is_covert(work, visit)
    if covert != published:
        return []
    revision = work.session.get_one(Revision, (visit.id, visit.accepted_revision or visit.revision))
    result = json.loads(revision.result)
    document = VisitDocument.model_validate_json(revision.document)
    looked_at = _look_again(work, visit, result) if visit.kind is VisitKind.RECHECK else set()
    known = set(work.session.exec(select(Action.item).where(Action.visit_id == visit.id)))
    rules = actions.fixes(work)
    failed = [item for item in result["failed"] if item not in known and item not in looked_at]
    made = _make(work, visit, document, failed, rules, covert=covert)
    if not covert and not known:
        made += [
            _take_over(
                work, _action(work, visit, None, each.what, ActionSort.COACHING, rules), each, covert=False
            )
            for each in document.actions
            if each.item is None or each.item not in result["failed"]
        ]
    return made


def also_failed(work: Work, visit: Visit, items: Collection[str]) -> list[Action]:
    """Make the corrective actions of items that fail by a correction of a visit that its outlet knows of."""
    covert = _is_covert(work, visit)
    if not items or (covert and visit.published_at is None):
        return []
    revision = work.session.get_one(Revision, (visit.id, visit.accepted_revision or visit.revision))
    document = VisitDocument.model_validate_json(revision.document)
    return _make(work, visit, document, items, actions.fixes(work), covert=covert)


def _is_covert(work: Work, visit: Visit) -> bool:
    return is_covert(visit.kind, Role(work.session.get_one(User, visit.inspector_id).role))


def _make(
    work: Work, visit: Visit, document: VisitDocument, items: Collection[str], rules: Fixes, *, covert: bool
) -> list[Action]:
    earlier = _earlier(work, visit, rules) if items else {}
    checklist = checklists.compiled(work.connection, visit.checklist_id, visit.checklist_version)
    agreed: dict[str | None, Agreed] = {}
    for each in document.actions:
        agreed.setdefault(each.item, each)
    made = []
    for section, item in _items(checklist, items):
        name = item["id"]
        note = document.answers[name].note if name in document.answers else None
        what = (note or "").strip() or item["text"]["zh"]
        action = _action(work, visit, name, what, sort_of(section, item), rules)
        if name in earlier and _stands_for(work, earlier[name], action):
            continue
        _take_over(work, action, agreed.get(name), covert=covert)
        made.append(action)
    return made


def _items(
    checklist: Mapping[str, Any], failed: Collection[str]
) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    wanted = set(failed)
    for section in checklist["sections"]:
        for item in section["items"]:
            if item["id"] in wanted:
                yield section, item


def _action(work: Work, visit: Visit, item: str | None, what: str, sort: ActionSort, rules: Fixes) -> Action:
    return Action(
        id=uuid4(),
        outlet_id=visit.outlet_id,
        visit_id=visit.id,
        checklist_id=visit.checklist_id,
        checklist_version=visit.checklist_version,
        item=item,
        sort=sort,
        what=what,
        due_at=work.now + limit(sort, rules),
        state=ActionState.OPEN,
        made_at=work.now,
        etag=uuid4().hex,
        changed_at=work.now,
    )


def _take_over(work: Work, action: Action, agreed: Agreed | None, *, covert: bool) -> Action:
    """Begin an action, with what was agreed on the spot."""
    if agreed and agreed.what.strip():
        action.what = agreed.what.strip()
    if agreed and not covert:
        # An id that a phone made tells when; so does the day, and the name tells who spoke with whom.
        # A day that passed before the visit counted would make it late before it was asked.
        action.due_at = end_of(agreed.due) if end_of(agreed.due) > work.now else action.due_at
        action.who = agreed.who or ""
        if work.session.get(Action, UUID(agreed.id)) is None:
            action.id = UUID(agreed.id)
    actions.begin(work, action)
    return action


def _earlier(work: Work, visit: Visit, rules: Fixes) -> dict[str | None, Action]:
    """The newest action about each item of the list at this outlet, within the days in which a fail is a repeat."""
    found = work.session.exec(
        select(Action)
        .where(
            Action.outlet_id == visit.outlet_id,
            col(Action.item).is_not(None),
            Action.checklist_id == visit.checklist_id,
            Action.state != ActionState.WITHDRAWN,
            sa.or_(col(Action.visit_id).is_(None), col(Action.visit_id) != visit.id),
            col(Action.made_at) >= work.now - timedelta(days=rules.repeated_days),
            col(Action.made_at) <= work.now,
        )
        # In one order for all who lock several of them.
        .order_by(col(Action.made_at), col(Action.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return {action.item: action for action in found if is_repeat(action.made_at, work.now, rules)}


def _stands_for(work: Work, earlier: Action, action: Action) -> bool:
    """Whether the earlier action about the same item is still open and stands for this failure too.

    One that waits for its outlet goes up a level; one that was answered is reopened; one whose answer was accepted within the days of the rule set makes the new one a
    repeat. All go up a level (handbook 03, "re-check").
    """
    if earlier.state in WAITING:
        _went_on(work, earlier)
        return True
    if earlier.state is ActionState.ANSWERED:
        actions.raise_level(work, earlier, risen(earlier.level), "repeated", FAILED_AGAIN)
        actions.reopen(work, earlier, FAILED_AGAIN)
        return True
    action.repeats, action.level = earlier.id, risen(earlier.level)
    return False


def _went_on(work: Work, waiting: Action) -> None:
    """Raise an action whose item failed again before it was answered: once until it is, not with each of a hall's rounds."""
    answered = work.session.exec(
        select(sa.func.max(ActionStep.number)).where(
            ActionStep.action_id == waiting.id, ActionStep.step == Step.REOPENED
        )
    ).one()
    said = work.session.exec(
        select(ActionStep.number).where(
            ActionStep.action_id == waiting.id,
            ActionStep.step == Step.ESCALATED,
            ActionStep.text == FAILED_MEANWHILE,
            ActionStep.number > (answered or 0),
        )
    ).first()
    if said is None:
        actions.raise_level(work, waiting, risen(waiting.level), "repeated", FAILED_MEANWHILE)


def _look_again(work: Work, visit: Visit, result: Mapping[str, Any]) -> set[str]:
    """Close the loop: what the recheck found of each action that it was planned for; returns their items.

    An item that the recheck could not judge is not settled by it: its action waits for the next one.
    """
    planned = Action.recheck_id == visit.assignment_id
    asked = work.session.exec(
        select(Action)
        .where(planned, Action.state == ActionState.ACCEPTED)
        .order_by(col(Action.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    looked_at = set()
    for action in asked if visit.assignment_id else ():
        if action.item is None or action.item not in result["counted"]:
            action.recheck_id, action.changed_at, action.etag = None, work.now, uuid4().hex
            continue
        looked_at.add(action.item)
        passed = action.item not in result["failed"]
        action.recheck_passed, action.changed_at, action.etag = passed, work.now, uuid4().hex
        actions.note(work, action, Step.RECHECK_PASSED if passed else Step.RECHECK_FAILED)
        if not passed:
            actions.raise_level(work, action, risen(action.level), "recheck")
            actions.reopen(work, action, STILL_FAILED)
    return looked_at
