"""The list of appeals: filtered, sorted and paged rows, the overdue first; what waits for a viewer, and which is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.appeals import LAST, WAITING, AppealState, may_answer, overdue
from server.domain.exact import two_decimals
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries import scope
from server.queries.appeals import checklist_of, items_of
from server.queries.review import branches_of
from server.storage.appeals import Acknowledgement, Appeal, AppealTurn
from server.storage.organisation import Outlet
from server.storage.visits import Review, Visit

PAGE = 25
TABS: dict[str, frozenset[AppealState]] = {
    "waiting": WAITING,
    "last": LAST,
    "receiving": frozenset({AppealState.RECEIVING}),
    "rejected": frozenset({AppealState.REJECTED, AppealState.DISMISSED}),
    "upheld": frozenset({AppealState.UPHELD}),
}
"""The tabs of the list that are nothing but states; `mine`, `overdue`, `again` and `running` are more."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows: `state` is a tab, `branch` the path of a unit, `sort` a column, downwards with a minus.

    `answered` is the code of a month, quarter or half-year: of the appeals whose last answer was given in it.
    """

    state: str = ""
    branch: str = ""
    answered: str = ""
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One appeal in the list."""

    id: str
    outlet: str
    outlet_code: str
    branch: str
    item: str
    item_text: dict[str, str]
    kind: str
    visit_date: date
    state: str
    turn: int
    made_at: datetime
    due_at: datetime | None
    overdue: bool
    score_before: str | None
    score_after: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows, how many there are in all, the counts by tab of everything in sight, and the branches."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    counts: dict[str, int]
    branches: tuple[tuple[str, str], ...]


def listing(
    session: Session, viewer: Viewer, filters: Filters, now: datetime, *, size: int = PAGE
) -> Listing:
    """The appeals that the viewer may see and asked for."""
    where = [scope.appeals(viewer), *_wanted(viewer, filters, now)]
    total = session.execute(_joined(sa.select(sa.func.count())).where(*where)).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    found = session.execute(
        _joined(sa.select(Appeal, Visit, Outlet))
        .where(*where)
        .order_by(*_order(filters))
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    branches = branches_of(session, viewer)
    rows = tuple(_row(session, row, branches, now) for row in found)
    return Listing(rows, total, page, pages, _counts(session, viewer, now), branches)


def waits_for(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The appeals (`Appeal`) that this person may answer now: due from the role, and nobody's own judgement."""
    me = UUID(viewer.user_id)
    states = [state for state in WAITING if may_answer(viewer, state)]
    judged = select(col(Review.visit_id)).where(col(Review.reviewer_id) == me)
    own = select(col(Visit.id)).where(
        sa.or_(col(Visit.inspector_id) == me, col(Visit.state).not_in(scope.SHOWN))
    )
    before = select(col(AppealTurn.appeal_id)).where(col(AppealTurn.answered_by) == me)
    return sa.and_(
        scope.appeals(viewer),
        col(Appeal.state).in_(states),
        col(Appeal.visit_id).not_in(judged),
        col(Appeal.visit_id).not_in(own),
        col(Appeal.id).not_in(before),
    )


def running() -> sa.ColumnElement[bool]:
    """The appeals (`Appeal`) that wait for an answer, or for the rest of their proof."""
    return col(Appeal.state).in_((*WAITING, AppealState.RECEIVING))


def may_ask_again(now: datetime) -> sa.ColumnElement[bool]:
    """The rejected appeals (`Appeal`) that the outlet may still ask a second time."""
    agreed = select(col(Acknowledgement.visit_id))
    return sa.and_(
        col(Appeal.state) == AppealState.REJECTED,
        sa.or_(col(Appeal.again_until).is_(None), col(Appeal.again_until) > now),
        col(Appeal.visit_id).not_in(agreed),
    )


def next_for(session: Session, viewer: Viewer) -> UUID | None:
    """The appeal that this person should answer next: the one whose limit ends first."""
    return neighbours(session, viewer, None)[1]


def neighbours(session: Session, viewer: Viewer, appeal_id: UUID | None) -> tuple[UUID | None, UUID | None]:
    """The appeals before and behind this one among those that wait for the viewer; of another, None and the first."""
    queue = session.exec(
        select(Appeal.id).where(waits_for(viewer)).order_by(*_order(Filters(state="mine")))
    ).all()
    if appeal_id not in queue:
        return None, queue[0] if queue else None
    at = queue.index(appeal_id)
    return queue[at - 1] if at else None, queue[at + 1] if at + 1 < len(queue) else None


def _joined(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.select_from(Appeal)
        .join(Visit, col(Visit.id) == col(Appeal.visit_id))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
    )


def _late(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(col(Appeal.state).in_(WAITING), col(Appeal.due_at) <= now)


def _wanted(viewer: Viewer, filters: Filters, now: datetime) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if filters.state == "mine":
        wanted.append(waits_for(viewer))
    elif filters.state == "overdue":
        wanted.append(_late(now))
    elif filters.state == "again":
        wanted.append(may_ask_again(now))
    elif filters.state == "running":
        wanted.append(running())
    elif filters.state:
        wanted.append(col(Appeal.state).in_(TABS[filters.state]))
    if filters.branch:
        wanted.append(col(Outlet.unit_path).startswith(filters.branch, autoescape=True))
    if filters.answered:
        wanted.append(_answered_in(Period.read(filters.answered)))
    if filters.search:
        wanted.append(
            sa.or_(
                col(Outlet.name).contains(filters.search, autoescape=True),
                col(Outlet.code).contains(filters.search, autoescape=True),
                col(Outlet.pinyin).contains(filters.search.lower(), autoescape=True),
                col(Appeal.item_id) == filters.search.upper(),
            )
        )
    return wanted


def _answered_in(period: Period) -> sa.ColumnElement[bool]:
    begins, ends = (datetime.combine(day, time(), SHANGHAI) for day in (period.first, period.after))
    return sa.exists().where(
        col(AppealTurn.appeal_id) == col(Appeal.id),
        col(AppealTurn.number) == col(Appeal.turn),
        col(AppealTurn.answered_at) >= begins,
        col(AppealTurn.answered_at) < ends,
    )


def _order(filters: Filters) -> tuple[Any, ...]:
    columns: dict[str, Any] = {
        "outlet": col(Outlet.name),
        "item": col(Appeal.item_id),
        "made": col(Appeal.made_at),
        "due": col(Appeal.due_at),
        "state": col(Appeal.state),
    }
    name = filters.sort.removeprefix("-")
    if name in columns:
        column = columns[name]
        return (column.desc() if filters.sort.startswith("-") else column.asc(), col(Appeal.id))
    # What waits stands first, by its limit, so that the overdue lead; those without a limit follow.
    done = sa.case((col(Appeal.state).in_(WAITING), 0), else_=1)
    return (
        done,
        sa.case((col(Appeal.due_at).is_(None), 1), else_=0),
        col(Appeal.due_at),
        col(Appeal.made_at).desc(),
        col(Appeal.id),
    )


def _counts(session: Session, viewer: Viewer, now: datetime) -> dict[str, int]:
    rows = session.execute(
        sa.select(col(Appeal.state), sa.func.count()).where(scope.appeals(viewer)).group_by(col(Appeal.state))
    )
    by_state = {AppealState(state): number for state, number in rows}
    counts = {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items()}
    count = sa.select(sa.func.count()).select_from(Appeal)
    counts["overdue"] = session.execute(count.where(scope.appeals(viewer), _late(now))).scalar_one()
    if viewer.may(Permission.APPEAL):
        counts["again"] = session.execute(count.where(scope.appeals(viewer), may_ask_again(now))).scalar_one()
        counts["running"] = session.execute(count.where(scope.appeals(viewer), running())).scalar_one()
    if viewer.may(Permission.ANSWER_APPEALS):
        counts["mine"] = session.execute(count.where(waits_for(viewer))).scalar_one()
    return counts


def _row(session: Session, found: Any, branches: tuple[tuple[str, str], ...], now: datetime) -> Row:
    appeal, visit, outlet = found
    item = items_of(checklist_of(session, visit))[appeal.item_id]
    return Row(
        id=str(appeal.id),
        outlet=outlet.name,
        outlet_code=outlet.code,
        branch=next((name for path, name in branches if outlet.unit_path.startswith(path)), ""),
        item=appeal.item_id,
        item_text=item["text"],
        kind=visit.kind.value,
        visit_date=visit.visit_date,
        state=appeal.state.value,
        turn=appeal.turn,
        made_at=appeal.made_at,
        due_at=appeal.due_at,
        overdue=overdue(appeal.state, appeal.due_at, now),
        score_before=_figure(appeal.score_before),
        score_after=_figure(appeal.score_after),
    )


def _figure(hundredths: int | None) -> str | None:
    return two_decimals(hundredths) if hundredths is not None else None
