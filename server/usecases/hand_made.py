"""Corrective actions that somebody asks for by hand: coaching with a date of its own, or about an item of a checklist."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.actions import (
    ActionEtagOld,
    ActionSort,
    ActionState,
    MadeByHand,
    due_problem,
    limit,
    sort_of,
)
from server.domain.errors import EtagMissing, Fault, WrongDocument
from server.queries import checklists, scope
from server.storage.actions import Action
from server.storage.database import hold
from server.storage.organisation import Outlet
from server.storage.standards import ChecklistVersion
from server.usecases import actions, record_files
from server.usecases.campaigns import end_of
from server.usecases.work import Work


def make(work: Work, action_id: UUID, made: MadeByHand, *, only_new: bool = True) -> actions.Taken:
    """Ask an outlet by hand to put something right; asking the same again changes nothing.

    With an item it has the time of that item's sort, without one it is coaching with a date of its own. Raises
    NotAllowed, EtagMissing, ActionEtagOld (there is another action of this id), WrongDocument, DueWrong.
    """
    work.needs(Permission.MAKE_ACTIONS)
    hold(work.connection, action_id)
    known = work.session.get(Action, action_id)
    if known is not None:
        if known.made_by == work.actor_id and _same(known, made):
            return actions.Taken(known, [])
        raise ActionEtagOld(current=actions.current(work, known))
    if not only_new:
        raise EtagMissing()
    outlet = work.session.exec(
        select(Outlet).where(Outlet.id == UUID(made.outlet_id), scope.outlets(work.viewer))
    ).first()
    if outlet is None:
        raise WrongDocument(faults=(Fault("/outlet_id", "not_for_visit"),))
    record_files.refuse_strangers(work, action_id)
    if made.due is not None and (problem := due_problem(made.due, actions.today(work))):
        raise problem
    place = _place_of(work, outlet, made.item) if made.item else None
    if made.item and place is None:
        raise WrongDocument(faults=(Fault("/item", "answer_unknown_item", {"item": made.item}),))
    sort = place.sort if place else ActionSort.COACHING
    action = Action(
        id=action_id,
        outlet_id=outlet.id,
        checklist_id=place.checklist_id if place else None,
        checklist_version=place.version if place else None,
        item=made.item,
        sort=sort,
        what=made.what.strip(),
        who=(made.who or "").strip(),
        due_at=end_of(made.due) if made.due else work.now + limit(sort, actions.fixes(work)),
        state=ActionState.OPEN,
        made_by=work.actor_id,
        made_at=work.now,
        etag=uuid4().hex,
        changed_at=work.now,
    )
    actions.begin(work, action)
    return actions.Taken(action, [])


@dataclass(frozen=True, slots=True)
class _Placed:
    checklist_id: str
    version: int
    sort: ActionSort


def _place_of(work: Work, outlet: Outlet, item: str) -> _Placed | None:
    """Where an item stands that somebody names by hand: the newest checklist in use for the outlet's tier."""
    rows = work.session.exec(
        select(ChecklistVersion.id, ChecklistVersion.version)
        .where(col(ChecklistVersion.retired_at).is_(None))
        .order_by(col(ChecklistVersion.published_at).desc(), col(ChecklistVersion.version).desc())
    ).all()
    for name, version in rows:
        checklist = checklists.compiled(work.connection, name, version)
        if outlet.tier in checklist["tiers"]:
            for section in checklist["sections"]:
                for each in section["items"]:
                    if each["id"] == item:
                        return _Placed(name, version, sort_of(section, each))
    return None


def _same(action: Action, made: MadeByHand) -> bool:
    return (str(action.outlet_id), action.item) == (made.outlet_id, made.item) and (
        action.what == made.what.strip()
    )
