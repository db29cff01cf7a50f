"""The feeds of what follows from visits and figures: decisions, corrective actions, appeals, tracked weak items."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import SYSTEM, Permission, Viewer
from server.domain.feed_list import ACTIONS, APPEALS, DECISIONS, WEAK_ITEM_ACTIONS, WEAK_ITEMS
from server.domain.feeds import Feed
from server.domain.visit import VisitState
from server.queries import feed_visits, scope
from server.queries.decision_waiting import holds_from
from server.queries.feed_pages import Row, Source
from server.queries.feed_tables import columns, selected, shown
from server.storage.actions import Action
from server.storage.appeals import Appeal, AppealTurn
from server.storage.decisions import Decision
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.storage.weak_items import TrackedAction, TrackedItem


def decisions(session: Session, viewer: Viewer) -> Source:
    """The decisions in sight."""
    by_name = {
        "decision_id": col(Decision.id),
        **_of_outlet(),
        **_texts(Decision, "kind", "state"),
        **_as_they_are(
            Decision,
            *("before", "after", "by_rule", "period", "why", "reason"),
            *("proposed_at", "decided_at"),
        ),
        "effective_on": holds_from(),
    }
    return _source(
        session,
        DECISIONS,
        by_name,
        _joined(DECISIONS, by_name, Decision).where(scope.decisions(viewer)),
        Decision,
    )


def actions(session: Session, viewer: Viewer) -> Source:
    """The corrective actions in sight; the visit is told where it is in sight, under the name that the reader has for it."""
    # Not joined, since which actions are in sight is told by another look at the visits.
    visit = col(Action.visit_id)
    seen = visit.in_(sa.select(col(Visit.id)).where(scope.visits(viewer)))
    known = visit.in_(sa.select(col(Visit.id)).where(feed_visits.known(viewer)))
    told = sa.or_(visit.is_(None), known)
    by_name = {
        "action_id": col(Action.id),
        **_of_outlet(),
        "visit_id": sa.case((seen, visit), else_=sa.null()),
        **_texts(Action, "sort", "state"),
        **_as_they_are(
            Action,
            *("item", "checklist_id", "what", "who", "level", "due_at", "answered_at", "decided_at"),
            "recheck_passed",
        ),
        "repeats": col(Action.repeats).is_not(None),
        "made_at": sa.case((told, col(Action.made_at)), else_=sa.null()),
    }
    statement = (
        _joined(ACTIONS, by_name, Action).add_columns(known.label("known")).where(scope.actions(viewer))
    )
    return _source(session, ACTIONS, by_name, statement, Action, feed_visits.named(session, viewer))


def appeals(session: Session, viewer: Viewer, *, increment: bool) -> Source:
    """The appeals in sight, each with its last turn; in an increment those too of visits that were voided."""
    by_name = {
        "appeal_id": col(Appeal.id),
        "visit_id": col(Appeal.visit_id),
        **_of_outlet(),
        "item": col(Appeal.item_id),
        **_texts(Appeal, "state"),
        **_as_they_are(Appeal, "turn", "score_before", "score_after", "made_at", "due_at"),
        **_as_they_are(AppealTurn, "ground", "upheld", "why", "answered_at"),
        "removed": col(Visit.state) == VisitState.VOID,
    }
    statement = (
        selected(APPEALS, by_name)
        .add_columns(feed_visits.known(viewer).label("known"))
        .select_from(Appeal)
        .join(Visit, col(Visit.id) == col(Appeal.visit_id))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(
            AppealTurn,
            sa.and_(col(AppealTurn.appeal_id) == col(Appeal.id), col(AppealTurn.number) == col(Appeal.turn)),
        )
    )
    asked = viewer is SYSTEM or viewer.may(Permission.SEE_APPEALS)
    lost = sa.and_(feed_visits.gone(viewer), sa.true() if asked else sa.false())
    statement = statement.where(sa.or_(scope.appeals(viewer), lost) if increment else scope.appeals(viewer))
    named = feed_visits.named(session, viewer, increment=increment)
    return _source(session, APPEALS, by_name, statement, Appeal, named, col(Visit.changed_at))


def weak_items(session: Session, viewer: Viewer) -> Source:
    """The tracked weak items in sight."""
    by_name = {
        "item_id": col(TrackedItem.id),
        **_as_they_are(TrackedItem, "unit_path", "indicator", "since", "cause"),
        **_texts(TrackedItem, "state"),
        "owner": col(User.name),
    }
    statement = (
        selected(WEAK_ITEMS, by_name)
        .select_from(TrackedItem)
        .outerjoin(User, col(User.id) == col(TrackedItem.owner_id))
        .where(scope.weak_items(viewer))
    )
    return _source(session, WEAK_ITEMS, by_name, statement, TrackedItem)


def weak_item_actions(session: Session, viewer: Viewer) -> Source:
    """What was planned about the tracked weak items in sight."""
    by_name = _as_they_are(TrackedAction, "item_id", "number", "what", "due", "done_on")
    statement = (
        selected(WEAK_ITEM_ACTIONS, by_name)
        .select_from(TrackedAction)
        .join(TrackedItem, col(TrackedItem.id) == col(TrackedAction.item_id))
        .where(scope.weak_items(viewer))
    )
    return Source(
        WEAK_ITEM_ACTIONS,
        statement,
        columns(session, WEAK_ITEM_ACTIONS, by_name),
        (col(TrackedAction.item_id), col(TrackedAction.number)),
        (col(TrackedItem.changed_at),),
        lambda row: shown(WEAK_ITEM_ACTIONS, row),
        lambda row: [str(row.item_id), row.number],
        lambda parts: (UUID(parts[0]), int(parts[1])),
    )


def _of_outlet() -> dict[str, Any]:
    return {
        "outlet_id": col(Outlet.id),
        "outlet_code": col(Outlet.code),
        "unit_path": col(Outlet.unit_path),
    }


def _as_they_are(model: Any, *names: str) -> dict[str, Any]:
    return {name: col(getattr(model, name)) for name in names}


def _texts(model: Any, *names: str) -> dict[str, Any]:
    return {name: sa.type_coerce(col(getattr(model, name)), sa.String) for name in names}


def _joined(feed: Feed, by_name: dict[str, Any], model: Any) -> sa.Select[Any]:
    return selected(feed, by_name).join_from(model, Outlet, col(Outlet.id) == col(model.outlet_id))


def _source(
    session: Session,
    feed: Feed,
    by_name: dict[str, Any],
    statement: sa.Select[Any],
    model: Any,
    named: Any = None,
    *changed: Any,
) -> Source:
    """A feed whose rows are told apart by one id."""
    (key,) = feed.key

    def row_of(row: Any) -> Row:
        found = shown(feed, row)
        if named is not None and row.visit_id is not None:
            found["visit_id"] = feed_visits.page_id(row)
        return found

    return Source(
        feed,
        statement,
        columns(session, feed, by_name, {"visit_id": named} if named is not None else None),
        (col(model.id),),
        (col(model.changed_at), *changed),
        row_of,
        lambda row: [str(getattr(row, key))],
        lambda parts: (UUID(parts[0]),),
    )
