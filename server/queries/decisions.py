"""Decisions as a viewer may see them: the board with its filters, one with its evidence and history, those of an outlet."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.deciding import (
    DECIDED,
    FIELDS,
    WAITING,
    DecisionKind,
    DecisionState,
    Standing,
    is_adverse,
    is_given,
)
from server.domain.errors import NotFound
from server.domain.visit import COUNTED, VisitKind
from server.queries import scope
from server.queries.decision_grounds import seen, since, sought
from server.queries.decision_waiting import holds_from, waiting, waits_for
from server.queries.review import branches_of
from server.storage.decisions import Decision, DecisionStep, OutletChange
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Visit

PAGE = 25
TABS = ("waiting", "proposed", "held", "approved", "effective", "given", "rejected", "withdrawn", "all")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the board shows: `state` is one of TABS, `branch` the path of a unit."""

    state: str = "waiting"
    kind: str = ""
    branch: str = ""
    outlet: str = ""
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One decision on the board. `changed`: the outlet is not what it was when this was proposed.

    `effective_on` is the day from which it holds, None where it does not. `since`: the later periods that were published while it waits, none of which asked for it.
    """

    id: UUID
    outlet: str
    outlet_code: str
    branch: str
    kind: str
    before: str
    after: str
    period: str
    by_rule: bool
    state: str
    proposed_at: datetime
    effective_on: date | None
    why: str
    reason: str
    evidence: Mapping[str, Any] | None
    adverse: bool
    changed: bool
    since: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows, how many there are in all, and the counts of everything in sight by TABS."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Told:
    """One step: into which state, when, by whom (None: the rules or the system), with what words."""

    state: DecisionState
    at: datetime
    by: str | None
    text: str


@dataclass(frozen=True, slots=True)
class May:
    """What the viewer may do with it now. `own`: he proposed it, so somebody else has to decide; `give`: note that it was given."""

    decide: bool
    withdraw: bool
    own: bool
    give: bool


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Everything that the page of one decision shows; `others` are those about the same outlet that are approved and wait for
    their day; `check` is the entry check that it stands on, if the viewer may see it."""

    decision: Decision
    outlet: Outlet
    row: Row
    others: tuple[Row, ...]
    seen: str
    check: UUID | None
    history: tuple[Told, ...]
    letters: tuple[Report, ...]
    may: May


def listing(session: Session, viewer: Viewer, filters: Filters, *, size: int = PAGE) -> Listing:
    """The decisions that the viewer may see and asked for; those that wait first, the gravest kinds leading."""
    where = [scope.decisions(viewer), *_wanted(viewer, filters)]
    joined = sa.select(Decision, Outlet).join(Outlet, col(Outlet.id) == col(Decision.outlet_id)).where(*where)
    total = session.execute(sa.select(sa.func.count()).select_from(joined.subquery())).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    found = session.execute(joined.order_by(*_order(filters)).limit(size).offset((page - 1) * size)).all()
    branches, known = branches_of(session, viewer), sought(session)
    return Listing(
        tuple(_row(decision, outlet, branches, known) for decision, outlet in found),
        total,
        page,
        pages,
        _counts(session, viewer),
    )


def decision_page(session: Session, viewer: Viewer, decision_id: UUID) -> DecisionPage:
    """One decision in sight. Raises NotFound."""
    found = session.execute(
        sa.select(Decision, Outlet)
        .join(Outlet, col(Outlet.id) == col(Decision.outlet_id))
        .where(col(Decision.id) == decision_id, scope.decisions(viewer))
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFound()
    decision, outlet = found
    own = decision.proposed_by is not None and str(decision.proposed_by) == viewer.user_id
    waits = decision.state in WAITING
    takes_back = viewer.may(Permission.DECIDE) and (waits or decision.state is DecisionState.APPROVED)
    return DecisionPage(
        decision,
        outlet,
        _row(decision, outlet, branches_of(session, viewer), sought(session)),
        tuple(
            each
            for each in of_outlet(session, viewer, outlet.id)
            if each.state == DecisionState.APPROVED and each.id != decision.id
        ),
        seen(decision),
        _check(session, viewer, decision),
        _history(session, viewer, decision),
        tuple(_letters(session, viewer, decision)),
        May(
            decide=waits and viewer.may(Permission.DECIDE) and not own,
            withdraw=takes_back or (own and waits and viewer.may(Permission.PROPOSE_DECISIONS)),
            own=own and waits and viewer.may(Permission.DECIDE),
            give=is_given(decision.kind)
            and decision.state is DecisionState.EFFECTIVE
            and viewer.may(Permission.PROPOSE_DECISIONS),
        ),
    )


def of_outlet(session: Session, viewer: Viewer, outlet_id: UUID) -> list[Row]:
    """The decisions about an outlet that the viewer may see, the latest first."""
    found = session.execute(
        sa.select(Decision, Outlet)
        .join(Outlet, col(Outlet.id) == col(Decision.outlet_id))
        .where(col(Decision.outlet_id) == outlet_id, scope.decisions(viewer))
        .order_by(col(Decision.changed_at).desc(), col(Decision.id))
    ).all()
    return [_row(decision, outlet, ()) for decision, outlet in found]


def changes_of(session: Session, viewer: Viewer, outlet_id: UUID) -> Sequence[OutletChange]:
    """What of an outlet in sight changed, and from which day on, the latest first."""
    return session.exec(
        select(OutletChange)
        .where(
            OutletChange.outlet_id == outlet_id,
            col(OutletChange.outlet_id).in_(select(col(Outlet.id)).where(scope.outlets(viewer))),
        )
        .order_by(col(OutletChange.from_day).desc(), col(OutletChange.at).desc())
    ).all()


def unpacked(decision: Decision) -> dict[str, Any] | None:
    """The explanation that a proposal of the rules stands on; None for one made by hand."""
    if decision.evidence is None:
        return None
    found: dict[str, Any] = json.loads(zlib.decompress(decision.evidence))
    return found


def _check(session: Session, viewer: Viewer, decision: Decision) -> UUID | None:
    """The entry check of the day that a proposal of the rules is kept under."""
    if decision.kind is not DecisionKind.ENTRY or not decision.by_rule:
        return None
    return session.exec(
        select(Visit.id)
        .where(
            Visit.outlet_id == decision.outlet_id,
            Visit.kind == VisitKind.ONBOARDING,
            Visit.visit_date == date.fromisoformat(decision.period),
            col(Visit.state).in_(COUNTED),
            scope.visits(viewer),
        )
        .order_by(col(Visit.id).desc())
    ).first()


def _history(session: Session, viewer: Viewer, decision: Decision) -> tuple[Told, ...]:
    """Who did what; outlets and areas read from the approval on, without names."""
    inside = viewer.may(Permission.PROPOSE_DECISIONS) or viewer.may(Permission.SEE_COVERT)
    steps = session.exec(
        select(DecisionStep).where(DecisionStep.decision_id == decision.id).order_by(col(DecisionStep.number))
    ).all()
    if not inside:
        approved = [step.number for step in steps if step.state is DecisionState.APPROVED]
        steps = [step for step in steps if approved and step.number >= approved[-1]]
    actors = [step.actor_id for step in steps]
    names = dict(session.exec(select(User.id, User.name).where(col(User.id).in_(actors))).all())
    return tuple(
        Told(step.state, step.at, names.get(step.actor_id) if inside and step.actor_id else None, step.text)
        for step in steps
    )


def _letters(session: Session, viewer: Viewer, decision: Decision) -> list[Report]:
    """The newest letter, and those that it replaced."""
    found: list[Report] = []
    wanted: sa.ColumnElement[bool] = col(Report.id) == decision.letter_id
    while report := session.exec(select(Report).where(wanted, scope.period_reports(viewer))).first():
        found.append(report)
        wanted = col(Report.superseded_by) == report.id
    return found


def _wanted(viewer: Viewer, filters: Filters) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if filters.state == "waiting":
        wanted.append(waits_for(viewer))
    elif filters.state != "all":
        wanted.append(col(Decision.state) == filters.state)
    if filters.kind:
        wanted.append(col(Decision.kind) == filters.kind)
    if filters.branch:
        wanted.append(col(Outlet.unit_path).startswith(filters.branch, autoescape=True))
    if filters.outlet:
        wanted.append(col(Outlet.code) == filters.outlet)
    if filters.search:
        wanted.append(
            sa.or_(
                col(Outlet.name).contains(filters.search, autoescape=True),
                col(Outlet.code).contains(filters.search, autoescape=True),
                col(Outlet.pinyin).contains(filters.search.lower(), autoescape=True),
            )
        )
    return wanted


def _order(filters: Filters) -> tuple[Any, ...]:
    columns: dict[str, Any] = {
        "outlet": col(Outlet.code),
        "kind": col(Decision.kind),
        "period": col(Decision.period),
        "state": col(Decision.state),
        "effective": holds_from(),
    }
    rest = (col(Decision.changed_at).desc(), col(Outlet.code), col(Decision.id))
    name = filters.sort.removeprefix("-")
    if name in columns:
        column = columns[name]
        return (column.desc() if filters.sort.startswith("-") else column.asc(), *rest)
    if filters.state in ("waiting", "proposed", "held"):
        grave = sa.case(
            *((col(Decision.kind) == kind, number) for number, kind in enumerate(_GRAVEST)),
            else_=len(_GRAVEST),
        )
        return (grave, *rest)
    return rest


_GRAVEST = ("exit", "downgrade", "probation", "warning", "entry", "upgrade", "class", "restore", "incentive")


def _counts(session: Session, viewer: Viewer) -> dict[str, int]:
    rows = session.execute(
        sa.select(col(Decision.state), sa.func.count())
        .where(scope.decisions(viewer))
        .group_by(col(Decision.state))
    ).all()
    counts = {DecisionState(state).value: number for state, number in rows}
    return counts | {"waiting": waiting(session, viewer)}


def _row(
    decision: Decision,
    outlet: Outlet,
    branches: Sequence[tuple[str, str]],
    known: Sequence[str] = (),
) -> Row:
    field = FIELDS[decision.kind]
    now = Standing(str(outlet.tier.value), outlet.class_, str(outlet.status.value)).of(field)
    open_ = decision.state in (*WAITING, DecisionState.APPROVED)
    return Row(
        id=decision.id,
        outlet=outlet.name,
        outlet_code=outlet.code,
        branch=next((name for path, name in branches if outlet.unit_path.startswith(path)), ""),
        kind=decision.kind.value,
        before=decision.before,
        after=decision.after,
        period=decision.period,
        by_rule=decision.by_rule,
        state=decision.state.value,
        proposed_at=decision.proposed_at,
        effective_on=decision.effective_on if decision.state in DECIDED else None,
        why=decision.why,
        reason=decision.reason,
        evidence=unpacked(decision),
        adverse=is_adverse(decision.kind, decision.before, decision.after),
        changed=open_ and now != decision.before,
        since=since(decision, known),
    )
