"""The page of one tracked weak item: its plan with actions and proofs, what the viewer may do with it, and its history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Role, Viewer
from server.domain.errors import NotFound
from server.domain.tracking import Step, TrackingState
from server.domain.visit import SHANGHAI
from server.queries import scope
from server.queries.rules import rule_set
from server.queries.weak_items import actions_of
from server.storage.organisation import Unit, User
from server.storage.periods import PeriodRow
from server.storage.record_files import RecordFile
from server.storage.weak_items import TrackedAction, TrackedItem, TrackedStep

OWNERS = (Role.BRANCH_MANAGER, Role.AREA_MANAGER)
"""Who of a unit may own its weak item."""


@dataclass(frozen=True, slots=True)
class Told:
    """One step: what, of which quarter, when, by whom (None: the system), and its words by name."""

    step: Step
    period: str
    at: datetime
    by: str | None
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Everything that the page of one tracked item shows.

    `plan`: the viewer may change it; `carry`: he may say what is done and add proofs. `owners` are who may be chosen.
    """

    item: TrackedItem
    unit: str
    owner: str | None
    actions: tuple[TrackedAction, ...]
    files: tuple[RecordFile, ...]
    history: tuple[Told, ...]
    plan: bool
    carry: bool
    owners: tuple[tuple[str, str, str], ...]
    most: int
    today: date


def item_page(session: Session, viewer: Viewer, item_id: UUID, now: datetime) -> ItemPage:
    """One tracked item in sight. Raises NotFound."""
    row = session.execute(
        sa.select(TrackedItem, col(Unit.name), col(User.name))
        .join(Unit, col(Unit.path) == col(TrackedItem.unit_path))
        .outerjoin(User, col(User.id) == col(TrackedItem.owner_id))
        .where(col(TrackedItem.id) == item_id, scope.weak_items(viewer))
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    item, unit, owner = row
    open_ = item.state is TrackingState.OPEN
    plans = open_ and viewer.may(Permission.TRACK_WEAK_ITEMS)
    files = session.exec(
        select(RecordFile)
        .where(RecordFile.record_id == item.id, scope.record_files(viewer))
        .order_by(col(RecordFile.arrived_at), col(RecordFile.sha256))
    ).all()
    latest = rule_set(session.connection(), _rules_of(session, item.since))
    return ItemPage(
        item=item,
        unit=unit,
        owner=owner,
        actions=tuple(actions_of(session, [item.id]).get(item.id, ())),
        files=tuple(files),
        history=_history(session, item.id),
        plan=plans,
        carry=plans or (open_ and str(item.owner_id) == viewer.user_id),
        owners=tuple(owners(session, item.unit_path)) if plans else (),
        most=latest.weak_item.actions,
        today=now.astimezone(SHANGHAI).date(),
    )


def owners(session: Session, path: str) -> list[tuple[str, str, str]]:
    """Who of a unit may own its weak item: id, name and role, those of the unit itself first."""
    found = session.exec(
        select(User)
        .where(
            col(User.unit_path).startswith(path, autoescape=True),
            col(User.role).in_(OWNERS),
            col(User.disabled_at).is_(None),
        )
        .order_by(sa.func.length(col(User.unit_path)), col(User.name), col(User.id))
    )
    return [(str(user.id), user.name, str(user.role.value)) for user in found]


def _rules_of(session: Session, code: str) -> int:
    """The rule set of the quarter, or the newest one where the item was withdrawn from every quarter."""
    row = session.get(PeriodRow, code) if code else None
    if row is not None:
        return row.rules_version
    newest = session.exec(select(sa.func.max(PeriodRow.rules_version))).one()
    return int(newest or 1)


def _history(session: Session, item_id: UUID) -> tuple[Told, ...]:
    steps = session.exec(
        select(TrackedStep).where(TrackedStep.item_id == item_id).order_by(col(TrackedStep.number))
    ).all()
    said = {step.number: json.loads(step.text) if step.text else {} for step in steps}
    people = {step.actor_id for step in steps} | {
        UUID(words["owner"]) for words in said.values() if words.get("owner")
    }
    names = dict(
        session.exec(select(User.id, User.name).where(col(User.id).in_([one for one in people if one]))).all()
    )
    return tuple(
        Told(
            step.step,
            step.period,
            step.at,
            names.get(step.actor_id) if step.actor_id else None,
            {
                name: names.get(UUID(value), "") if name == "owner" and value else value
                for name, value in said[step.number].items()
            },
        )
        for step in steps
    )
