"""What an event is about, for whoever is to be told of it: the matter, its facts for the sentence, the id for each reader."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import ROLES, Permission, Role
from server.domain.actions import LEVELS
from server.domain.appeals import last_day
from server.domain.deciding import DecisionKind, DecisionState
from server.domain.notices import Audience, Matter, Person
from server.domain.review import is_covert
from server.domain.visit import VisitKind, VisitState
from server.queries import appeals, half_year_reckoning, scope
from server.queries.actions import item_of
from server.queries.explained import indicators_named
from server.queries.reports import report_id_of
from server.queries.rules import rule_set
from server.storage.actions import Action
from server.storage.appeals import Appeal, AppealTurn
from server.storage.decisions import Decision
from server.storage.events import Event
from server.storage.notices import Webhook
from server.storage.organisation import Outlet, Unit, UnitKind, User
from server.storage.periods import PeriodRow
from server.storage.report_folders import ReportFolder
from server.storage.visits import Assignment, Review, Visit
from server.storage.weak_items import TrackedItem

Facts = dict[str, str | int | bool | None]
WHAT_ZH, WHAT_EN = 24, 60
"""So many characters of what an action asks for stand in a notice."""
_PLACED = (Role.AREA_MANAGER, Role.BRANCH_MANAGER, Role.REVIEWER, Role.HQ, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A matter with its facts (codes, names of outlets, dates) and where it is opened.

    `outside_id` is the id for whoever may not know the phone's own: of a published covert visit.
    """

    matter: Matter
    facts: Facts
    subject: str
    subject_id: str
    outside_id: str

    def id_for(self, role: Role) -> str:
        """The id under which somebody of this role opens it."""
        return self.subject_id if Permission.SEE_COVERT in ROLES[role] else self.outside_id


def occasion_of(session: Session, event: Event) -> Occasion | None:
    """What the event is about, as it stands now; None when it is gone or nobody is told of such things."""
    make = {
        "visit": _visit,
        "assignment": _assignment,
        "appeal": _appeal,
        "action": _action,
        "folder": _folder,
        "webhook": _webhook,
        "weak-item": _weak_item,
        "decision": _decision,
    }.get(event.subject)
    if make is not None:
        return make(session, UUID(event.subject_id), json.loads(event.facts))
    of_code = {"period": _period, "commission": _commission}.get(event.subject)
    return of_code(session, event.subject_id, json.loads(event.facts)) if of_code else None


def people_for(session: Session, occasion: Occasion) -> list[Person]:
    """The users who might be told: who has a part in it, who belongs to the outlet, and who has a place above it."""
    named = {UUID(each) for part in occasion.matter.parts.values() for each in part}
    wanted: list[sa.ColumnElement[bool]] = [col(User.id).in_(named), col(User.role).in_(_PLACED)]
    if occasion.matter.outlets:
        wanted.append(col(User.role).in_(occasion.matter.outlets))
    if occasion.matter.outlet_id:
        wanted.append(col(User.outlet_id) == UUID(occasion.matter.outlet_id))
    found = session.exec(
        select(User.id, User.role, User.unit_path, User.outlet_id)
        .where(col(User.disabled_at).is_(None), sa.or_(*wanted))
        .order_by(col(User.id))
    )
    return [
        Person(str(user_id), Role(role), path, str(outlet_id) if outlet_id else None)
        for user_id, role, path, outlet_id in found
    ]


def _visit(session: Session, visit_id: UUID, _said: dict[str, Any]) -> Occasion | None:
    row = session.execute(
        sa.select(Visit, Outlet, col(User.role))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(User, col(User.id) == col(Visit.inspector_id))
        .where(col(Visit.id) == visit_id)
    ).first()
    if row is None:
        return None
    visit, outlet, role = row
    covert = is_covert(visit.kind, Role(role))
    judged = session.exec(
        select(Review.reviewer_id).where(Review.visit_id == visit.id, Review.revision == visit.revision)
    )
    matter = _at(
        outlet,
        covert=covert,
        # What was published is known to its outlet, also when it is voided afterwards.
        published=visit.state in scope.SHOWN or visit.published_at is not None,
        grave=visit.grave,
        routine=visit.kind is VisitKind.PATROL,
        parts={Audience.INSPECTOR: frozenset({str(visit.inspector_id)})},
        barred=frozenset(map(str, judged)),
    )
    outside: UUID | str = visit.id
    if visit.state is VisitState.VOID and visit.published_at is not None:
        # Nothing opens it outside any more; its outlet's list says that it is void.
        outside = outlet.code
    elif covert and visit.accepted_revision is not None:
        outside = report_id_of(visit.id, visit.accepted_revision, "outlet")
    facts: Facts = {
        **_of_outlet(outlet),
        "kind": visit.kind.value,
        "date": visit.visit_date.isoformat(),
        "grave": visit.grave,
    }
    return Occasion(matter, facts, "visit", str(visit.id), str(outside))


def _assignment(session: Session, assignment_id: UUID, _said: dict[str, Any]) -> Occasion | None:
    task = session.get(Assignment, assignment_id)
    outlet = session.get(Outlet, task.outlet_id) if task else None
    if task is None or outlet is None:
        return None
    user = session.get(User, task.user_id) if task.user_id else None
    matter = _at(
        outlet,
        covert=is_covert(task.kind, Role(user.role) if user else Role.SHOPPER),
        published=False,
        parts={Audience.ASSIGNEE: frozenset({str(user.id)} if user else ())},
    )
    facts: Facts = {
        **_of_outlet(outlet),
        "kind": task.kind.value,
        "date": task.window_from.isoformat(),
        "until": task.window_to.isoformat(),
    }
    return Occasion(matter, facts, "assignment", str(task.id), str(task.id))


def _appeal(session: Session, appeal_id: UUID, _said: dict[str, Any]) -> Occasion | None:
    appeal = session.get(Appeal, appeal_id)
    about = _visit(session, appeal.visit_id, {}) if appeal else None
    if appeal is None or about is None:
        return None
    askers = session.exec(select(AppealTurn.asked_by).where(AppealTurn.appeal_id == appeal_id))
    visit = session.get_one(Visit, appeal.visit_id)
    matter = replace(
        about.matter,
        parts={Audience.ASKER: frozenset(map(str, askers))},
        barred=frozenset(appeals.involved(session, visit, appeal)),
    )
    facts = {**about.facts, "item": appeal.item_id, "until": _day(appeal.due_at)}
    return Occasion(matter, facts, "appeal", str(appeal.id), str(appeal.id))


def _action(session: Session, action_id: UUID, _said: dict[str, Any]) -> Occasion | None:
    action = session.get(Action, action_id)
    outlet = session.get(Outlet, action.outlet_id) if action else None
    if action is None or outlet is None:
        return None
    about = _visit(session, action.visit_id, {}) if action.visit_id else None
    parts = {
        Audience.ASKER: frozenset({str(action.made_by)} if action.made_by else ()),
        Audience.ANSWERER: frozenset({str(action.answered_by)} if action.answered_by else ()),
    }
    matter = replace(
        about.matter if about else _at(outlet), parts=parts, barred=frozenset(), top=_is_top(action)
    )
    # What is asked of an outlet after an announced visit is asked at once, and its time runs from then on.
    matter = replace(matter, published=matter.published or not matter.covert)
    facts: Facts = {
        **_of_outlet(outlet),
        "sort": action.sort.value,
        "item": action.item or "",
        **_asked_for(session, action),
        "until": _day(action.due_at),
    }
    return Occasion(matter, facts, "action", str(action.id), str(action.id))


def _asked_for(session: Session, action: Action) -> Facts:
    """What an action asks for in both languages, shortened for a line: its item's words, or what was typed by hand."""
    item = item_of(session, action)
    words = item["text"] if item else {"zh": action.what, "en": action.what}
    return {"what_zh": _short(words["zh"], WHAT_ZH), "what_en": _short(words["en"], WHAT_EN)}


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _folder(session: Session, folder_id: UUID, _said: dict[str, Any]) -> Occasion | None:
    folder = session.get(ReportFolder, folder_id)
    if folder is None:
        return None
    matter = Matter(parts={Audience.ASKER: frozenset({str(folder.asked_by)})})
    return Occasion(matter, {"count": folder.done}, "folder", str(folder.id), str(folder.id))


def _webhook(session: Session, webhook_id: UUID, _said: dict[str, Any]) -> Occasion | None:
    webhook = session.get(Webhook, webhook_id)
    if webhook is None:
        return None
    return Occasion(Matter(), {"name": webhook.name}, "webhook", str(webhook.id), str(webhook.id))


def _weak_item(session: Session, item_id: UUID, said: dict[str, Any]) -> Occasion | None:
    item = session.get(TrackedItem, item_id)
    unit = session.exec(select(Unit).where(Unit.path == item.unit_path)).first() if item else None
    if item is None or unit is None:
        return None
    owner = frozenset({str(item.owner_id)} if item.owner_id else ())
    # Who was given it back meanwhile owns it.
    former = frozenset({str(said["former"])} if "former" in said else ()) - owner
    parts = {Audience.ANSWERER: owner, Audience.FORMER: former}
    matter = Matter(unit_path=item.unit_path, parts=parts)
    zh, en = indicators_named(session.connection()).get(item.indicator, (item.indicator, item.indicator))
    facts: Facts = {
        "unit": unit.name,
        "item_zh": zh,
        "item_en": en,
        "period": str(said.get("period", "")),
        "until": str(said.get("due", "")),
    }
    if "outcome" in said:
        facts["outcome"] = str(said["outcome"])
    if "former" in said:
        now = session.get(User, item.owner_id) if item.owner_id else None
        facts["owner"] = now.name if now else ""
    # What somebody owns no more may be out of his sight; the list never is.
    subject = "weak-items" if "former" in said else "weak-item"
    return Occasion(matter, facts, subject, str(item.id), str(item.id))


def _decision(session: Session, decision_id: UUID, _said: dict[str, Any]) -> Occasion | None:
    """A decision; what the rules propose from figures is told once for each period, not one by one; entries come singly."""
    decision = session.get(Decision, decision_id)
    outlet = session.get(Outlet, decision.outlet_id) if decision else None
    if decision is None or outlet is None:
        return None
    of_figures = decision.by_rule and decision.kind is not DecisionKind.ENTRY
    if of_figures and decision.state is DecisionState.PROPOSED:
        return None
    asker = frozenset({str(decision.proposed_by)} if decision.proposed_by else ())
    matter = _at(outlet, published=decision.effective_on is not None, parts={Audience.ASKER: asker})
    facts: Facts = {
        **_of_outlet(outlet),
        "decision": decision.kind.value,
        "date": decision.effective_on.isoformat() if decision.effective_on else "",
    }
    return Occasion(matter, facts, "decision", str(decision.id), str(decision.id))


def _period(session: Session, code: str, said: dict[str, Any]) -> Occasion | None:
    """A period: a month is the business of agents, stars are that of all outlets, a quarter that of branches."""
    row = session.get(PeriodRow, code)
    if row is None:
        return None
    if "proposed" in said:
        # What the rules found in it waits for head office.
        facts: Facts = {"period": code, "count": int(said["proposed"])}
        return Occasion(_everywhere(session), facts, "decisions", code, code) if said["proposed"] else None
    rules = rule_set(session.connection(), row.rules_version)
    roles: frozenset[Role] = frozenset()
    if row.kind == "month" or half_year_reckoning.is_due(row.kind, rules):
        roles = frozenset({Role.OUTLET_OWNER})
    elif row.kind == rules.stars.period:
        roles = frozenset({Role.OUTLET_OWNER, Role.HALL_MANAGER})
    facts = {"period": code, "until": _day(row.open_until)}
    return Occasion(_everywhere(session, roles), facts, "period", code, code)


def _commission(session: Session, code: str, _said: dict[str, Any]) -> Occasion | None:
    matter = _everywhere(session, frozenset({Role.OUTLET_OWNER}))
    return Occasion(matter, {"period": code}, "commission", code, code)


def _everywhere(session: Session, roles: frozenset[Role] = frozenset()) -> Matter:
    root = session.exec(
        select(Unit.path).where(Unit.kind == UnitKind.PROVINCE).order_by(col(Unit.path))
    ).first()
    return Matter(unit_path=root or "", everywhere=True, outlets=roles)


def _is_top(action: Action) -> bool:
    return action.level >= len(LEVELS) - 1


def _at(outlet: Outlet, **given: Any) -> Matter:
    return Matter(outlet_id=str(outlet.id), unit_path=outlet.unit_path, **given)


def _of_outlet(outlet: Outlet) -> Facts:
    return {"outlet": outlet.name, "outlet_code": outlet.code}


def _day(instant: datetime | None) -> str:
    """The last day of a limit, which ends at its 24:00."""
    return last_day(instant) if instant else ""
