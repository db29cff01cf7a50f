"""Assignments: who is to inspect which outlet when, under the rule of rotation."""

import json
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.access import FILLS, PLACED, ROLES, Permission, Role, own_ground
from server.domain.errors import (
    ChecklistNotForOutlet,
    KindNotForRole,
    RotationForbids,
    UnknownChecklist,
    UnknownPlace,
    UnknownUser,
    WindowWrong,
)
from server.domain.people import OutletNotTheirs, RotationPlanned, UserDisabled
from server.domain.rechecks import RecheckSecret, RecheckUnfit, RecheckUnnamed
from server.domain.visit import COUNTED, COVERT, SHANGHAI, VisitKind, VisitState
from server.queries import scope
from server.queries.rules import rules_on
from server.storage.organisation import Outlet, User
from server.storage.standards import ChecklistVersion
from server.storage.visits import Assignment, AssignmentState, Visit
from server.usecases.people import viewer_of
from server.usecases.work import Work


def assign(
    work: Work,
    *,
    username: str,
    outlets: list[str],
    kind: VisitKind,
    checklist: str,
    window_from: date,
    window_to: date,
    part: str | None = None,
    reason: str = "",
    note: str = "",
    recheck_of: UUID | None = None,
) -> list[Assignment]:
    """Assign one inspector to outlets (codes) with the newest published version of a checklist.

    A recheck names the visit that it looks at again, and has that one's version. The window is in Asia/Shanghai
    dates, both included; the assignment is due at its end. Raises NotAllowed, UnknownUser, UserDisabled,
    UnknownPlace, UnknownChecklist, KindNotForRole, ChecklistNotForOutlet, WindowWrong, RecheckUnnamed, RecheckUnfit,
    RecheckSecret, OutletNotTheirs, and RotationForbids unless a `reason` is given.
    """
    work.needs(Permission.ADMINISTER)
    user = work.session.exec(select(User).where(User.username == username)).first()
    if not user:
        raise UnknownUser(username=username)
    if user.disabled_at:
        raise UserDisabled(username=username)
    if kind not in FILLS.get(Role(user.role), frozenset()):
        raise KindNotForRole(kind=kind, role=user.role)
    if window_to < window_from or window_to < work.now.astimezone(SHANGHAI).date():
        raise WindowWrong()
    if (kind is VisitKind.RECHECK) != (recheck_of is not None):
        raise RecheckUnnamed()
    version = _again(work, recheck_of, user, outlets, checklist) if recheck_of else newest(work, checklist)
    form = json.loads(version.compiled)
    rotation = rules_on(work.connection, window_from).visits.rotation.days
    made = []
    for code in outlets:
        outlet = work.session.exec(select(Outlet).where(Outlet.code == code)).first()
        if not outlet:
            raise UnknownPlace(place=code)
        if user.role in PLACED and not own_ground(viewer_of(user), str(outlet.id), outlet.unit_path):
            raise OutletNotTheirs(username=username, outlet=code)
        fits = kind is VisitKind.RECHECK or kind in form["visit_kinds"]
        if outlet.tier not in form["tiers"] or not fits:
            raise ChecklistNotForOutlet(checklist=checklist, tier=outlet.tier, kind=kind)
        against = _against_rotation(work, user.id, outlet, window_from, rotation) if kind in COVERT else None
        if against and not reason:
            raise against
        assignment = Assignment(
            id=uuid4(),
            outlet_id=outlet.id,
            user_id=user.id,
            kind=kind,
            part=part,
            checklist_id=version.id,
            checklist_version=version.version,
            window_from=window_from,
            window_to=window_to,
            due_at=end_of(window_to),
            state=AssignmentState.ASSIGNED,
            note=note,
            recheck_of=recheck_of,
            changed_at=work.now,
        )
        work.session.add(assignment)
        facts = {"against_rotation": True, "reason": reason} if against else {}
        work.record("assignment.made", "assignment", assignment.id, user=str(user.id), **facts)
        made.append(assignment)
    return made


def _again(work: Work, visit_id: UUID, user: User, outlets: list[str], checklist: str) -> ChecklistVersion:
    """The version with which the visit was made that is to be rechecked.

    Nobody learns by a recheck of a covert visit that he may not know of: it waits for the publication.
    """
    found = work.session.exec(
        select(Visit, Outlet.code)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(Visit.id == visit_id, Visit.checklist_id == checklist, col(Visit.state).in_(COUNTED))
    ).first()
    if found is None or outlets != [found[1]]:
        raise RecheckUnfit(visit=str(visit_id), outlet=", ".join(outlets), checklist=checklist)
    visit, _ = found
    known = visit.state in scope.SHOWN or visit.inspector_id == user.id
    if not known and Permission.SEE_COVERT not in ROLES[Role(user.role)]:
        covert = work.session.exec(select(Visit.id).where(Visit.id == visit_id, scope.covert())).first()
        if covert:
            raise RecheckSecret(visit=str(visit_id), username=user.username)
    version = work.session.get(ChecklistVersion, (visit.checklist_id, visit.checklist_version))
    if version is None:
        raise UnknownChecklist(checklist=checklist, version=visit.checklist_version)
    return version


def newest(work: Work, checklist: str) -> ChecklistVersion:
    """The newest published version of a checklist. Raises UnknownChecklist."""
    found = work.session.exec(
        select(ChecklistVersion)
        .where(ChecklistVersion.id == checklist, col(ChecklistVersion.retired_at).is_(None))
        .order_by(col(ChecklistVersion.version).desc())
    ).first()
    if not found:
        raise UnknownChecklist(checklist=checklist)
    return found


def end_of(day: date) -> datetime:
    """The instant at which a day in Asia/Shanghai ends."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def _against_rotation(
    work: Work, user_id: UUID, outlet: Outlet, day: date, rotation: int
) -> RotationForbids | None:
    """What forbids the day: a visit of this shopper at this outlet within `rotation` days before, or one that is planned
    within as many before or after."""
    span = timedelta(days=rotation)
    visited = work.session.exec(
        select(col(Visit.visit_date))
        .where(
            Visit.inspector_id == user_id,
            Visit.outlet_id == outlet.id,
            Visit.kind == VisitKind.MYSTERY,
            col(Visit.state).not_in([VisitState.DISCARDED]),
            col(Visit.visit_date) > day - span,
        )
        .order_by(col(Visit.visit_date).desc())
    ).first()
    if visited:
        return RotationForbids(outlet=outlet.code, last=visited.isoformat(), days=rotation)
    planned = work.session.exec(
        select(col(Assignment.window_from))
        .where(
            Assignment.user_id == user_id,
            Assignment.outlet_id == outlet.id,
            Assignment.kind == VisitKind.MYSTERY,
            col(Assignment.state).in_([AssignmentState.ASSIGNED, AssignmentState.TAKEN]),
            col(Assignment.window_from) > day - span,
            col(Assignment.window_from) < day + span,
        )
        .order_by(col(Assignment.window_from).desc())
    ).first()
    return RotationPlanned(outlet=outlet.code, last=planned.isoformat(), days=rotation) if planned else None
