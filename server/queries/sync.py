"""Everything that one user needs offline: each object with its version, for the phone's sync."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import FILLS, Permission, Role, Viewer, sees_score
from server.domain.calendars import Calendars
from server.domain.exact import two_decimals
from server.domain.visit import COUNTED, COVERT, SHANGHAI
from server.queries import actions, checklists, notices, plan, rechecks, scope, visits
from server.queries.rules import rules_on
from server.storage.organisation import Outlet, OutletStatus, Unit, User
from server.storage.standards import ChecklistVersion
from server.storage.visits import Assignment, AssignmentState, Revision, Visit

Key = tuple[str, str]
# What the phone makes of a camera's picture (handbook 04, Photos): pixels of the long side, bytes.
PHOTO_PX, PHOTO_BYTES = 1600, 300_000
_LAST = 3
# Who may start a visit at an outlet without a task finds the outlets of the own part of the organisation there.
_ON_OWN_GROUND = frozenset({Role.AREA_MANAGER, Role.HALL_MANAGER, Role.BRANCH_MANAGER})


@dataclass(frozen=True, slots=True)
class Thing:
    """One object of the sync: its version, and its data (None for a checklist, whose text is fetched when sent)."""

    version: str
    data: dict[str, Any] | None


def needed(
    session: Session,
    viewer: Viewer,
    now: datetime,
    app_version: str,
    voice_ground: str,
    calendars: Calendars,
) -> dict[Key, Thing]:
    """All that the viewer needs offline by (type, id), in the order in which a phone can use it."""
    things: dict[Key, Thing] = {
        ("setting", "app"): _thing(_settings(session, now, app_version, voice_ground))
    }
    things |= {("notice", each["id"]): _thing(each) for each in notices.for_phone(session, viewer)}
    asked = actions.for_phone(session, viewer, now)
    if not viewer.may(Permission.INSPECT):
        for outlet in _outlets(session, viewer, {UUID(each["outlet_id"]) for each in asked}):
            things["outlet", outlet["id"]] = _thing(outlet)
        for action in asked:
            things["action", action["id"]] = _thing(action)
        return things
    assignments = session.exec(
        select(Assignment).where(
            Assignment.user_id == UUID(viewer.user_id),
            sa.or_(
                col(Assignment.state).in_(rechecks.OPEN),
                # A declined one may still be taken until its window ends.
                sa.and_(
                    Assignment.state == AssignmentState.DECLINED,
                    col(Assignment.window_to) >= now.astimezone(SHANGHAI).date(),
                ),
            ),
        )
    ).all()
    mine = visits.own(session, viewer, now)
    places = {each.outlet_id for each in assignments}
    places |= {UUID(each["outlet_id"]) for each in (*mine, *asked)}
    names = {(each.checklist_id, each.checklist_version) for each in assignments}
    names |= {(each["checklist"]["id"], each["checklist"]["version"]) for each in mine}
    for (name, version), digest in _checklists(session, viewer, names).items():
        things["checklist", f"{name}@{version}"] = Thing(digest[:16], None)
    for outlet in _outlets(session, viewer, places):
        things["outlet", outlet["id"]] = _thing(outlet)
    for assignment in assignments:
        things["assignment", str(assignment.id)] = _thing(_assignment(session, viewer, assignment))
    for visit in mine:
        things["visit", visit["id"]] = _thing(visit)
    for action in asked:
        things["action", action["id"]] = _thing(action)
    today = now.astimezone(SHANGHAI).date()
    for week in plan.for_phone(session, viewer, calendars, today):
        things["plan", week["id"]] = _thing(week)
    return things


def _thing(data: dict[str, Any]) -> Thing:
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return Thing(sha256(text.encode()).hexdigest()[:16], data)


def _settings(session: Session, now: datetime, app_version: str, voice_ground: str) -> dict[str, Any]:
    rules = rules_on(session.connection(), now.astimezone(SHANGHAI).date()).evidence
    return {
        "id": "app",
        "photo_px": PHOTO_PX,
        "photo_bytes": PHOTO_BYTES,
        "min_stay_minutes": dict(rules.min_stay_minutes),
        "checkin_m": rules.off_site_m,
        "app_version": app_version,
        "voice_notes": bool(voice_ground),
        "voice_ground": voice_ground,
    }


def _assignment(session: Session, viewer: Viewer, assignment: Assignment) -> dict[str, Any]:
    return {
        "id": str(assignment.id),
        "outlet_id": str(assignment.outlet_id),
        "kind": assignment.kind,
        "part": assignment.part,
        "checklist": {"id": assignment.checklist_id, "version": assignment.checklist_version},
        "window_from": assignment.window_from.isoformat(),
        "window_to": assignment.window_to.isoformat(),
        "due_at": assignment.due_at.isoformat().replace("+00:00", "Z"),
        "state": assignment.state,
        "note": assignment.note,
        "answer": assignment.answer,
        "items": json.loads(assignment.items) if assignment.items else None,
        "recheck_of": rechecks.name_of(session, viewer, assignment),
        "before": rechecks.before(session, viewer, assignment),
    }


def _checklists(
    session: Session, viewer: Viewer, names: Collection[tuple[str, int]]
) -> dict[tuple[str, int], str]:
    """SHA-256 by (id, version): what tasks and visits name, and the newest of what the role may begin by itself."""
    rows = session.exec(
        select(
            ChecklistVersion.id,
            ChecklistVersion.version,
            ChecklistVersion.sha256,
            ChecklistVersion.retired_at,
        )
    ).all()
    found = {(name, version): digest for name, version, digest, _ in rows if (name, version) in names}
    if viewer.role is Role.SHOPPER:
        return found
    newest: dict[str, tuple[int, str]] = {}
    for name, version, digest, retired in rows:
        if retired is None and version > newest.get(name, (0, ""))[0]:
            newest[name] = version, digest
    for name, (version, digest) in newest.items():
        if FILLS[viewer.role].intersection(
            checklists.compiled(session.connection(), name, version)["visit_kinds"]
        ):
            found[name, version] = digest
    return found


def _outlets(session: Session, viewer: Viewer, places: Collection[UUID]) -> list[dict[str, Any]]:
    wanted = col(Outlet.id).in_(places)
    if viewer.role in _ON_OWN_GROUND:
        wanted = sa.or_(wanted, sa.and_(scope.outlets(viewer), Outlet.status != OutletStatus.EXITED))
    rows = session.exec(
        select(Outlet, Unit.name).join(Unit, col(Unit.id) == col(Outlet.unit_id)).where(wanted)
    ).all()
    found = [_outlet(outlet, area) for outlet, area in rows]
    if viewer.may(Permission.SEE_HISTORY):
        _add_history(session, viewer, {each["id"]: each for each in found})
    return found


def _outlet(outlet: Outlet, area: str) -> dict[str, Any]:
    known = outlet.lat is not None and outlet.lng is not None
    return {
        "id": str(outlet.id),
        "code": outlet.code,
        "name": outlet.name,
        "pinyin": outlet.pinyin,
        "tier": outlet.tier,
        "class": outlet.class_,
        "setting": outlet.setting,
        "status": outlet.status,
        "address": outlet.address,
        "phone": outlet.phone,
        "position": {"lat": outlet.lat, "lng": outlet.lng} if known else None,
        "area": area,
    }


def _add_history(session: Session, viewer: Viewer, outlets: Mapping[str, dict[str, Any]]) -> None:
    """The latest results of each outlet, and what failed in the newest of them, for roles that may see them."""
    rank = (
        sa.func.row_number()
        .over(
            partition_by=col(Visit.outlet_id),
            order_by=[col(Visit.visit_date).desc(), scope.turn(viewer).desc()],
        )
        .label("place")
    )
    ranked = (
        sa.select(col(Visit.id), rank)
        .where(
            scope.visits(viewer),
            col(Visit.state).in_(COUNTED),
            col(Visit.outlet_id).in_([UUID(each) for each in outlets]),
        )
        .subquery()
    )
    rows = session.execute(
        sa.select(Visit, User.role, ranked.c.place, Revision.result)
        .join(ranked, ranked.c.id == col(Visit.id))
        .join(User, col(User.id) == col(Visit.inspector_id))
        .outerjoin(
            Revision,
            sa.and_(
                ranked.c.place == 1,
                col(Revision.visit_id) == col(Visit.id),
                col(Revision.number) == col(Visit.accepted_revision),
            ),
        )
        .where(ranked.c.place <= _LAST)
        .order_by(ranked.c.place)
    ).all()
    for each in outlets.values():
        each["last"], each["weak"] = [], []
    for visit, role, _, result in rows:
        outlet = outlets[str(visit.outlet_id)]
        covert = visit.kind in COVERT or role is Role.SHOPPER
        mine = str(visit.inspector_id) == viewer.user_id
        shown = sees_score(viewer, own=mine, published=visit.state in scope.SHOWN, covert=covert)
        score = two_decimals(visit.score) if shown and visit.score is not None else None
        outlet["last"].append({"at": visit.visit_date.isoformat(), "kind": visit.kind, "score": score})
        if result is not None and shown:
            checklist = checklists.compiled(session.connection(), visit.checklist_id, visit.checklist_version)
            outlet["weak"] = _failed(checklist, set(json.loads(result)["failed"]))


def _failed(checklist: dict[str, Any], items: Collection[str]) -> list[dict[str, Any]]:
    return [
        {"item": item["id"], "text": item["text"]}
        for section in checklist["sections"]
        for item in section["items"]
        if item["id"] in items
    ]
