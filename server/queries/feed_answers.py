"""The feed of answers: each visible item of the visits that count, read visit by visit from the accepted revisions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Viewer
from server.domain.answers import is_instant
from server.domain.exact import FULL_CREDIT, divided
from server.domain.feed_filters import divided as parted
from server.domain.feed_rows import holds
from server.domain.feeds import ANSWERS, OptionUnsupported
from server.domain.scoring import NOT_APPLICABLE
from server.domain.traces import given, leads, told
from server.domain.visit import COUNTED, VisitState
from server.queries import checklists, feed_visits, scope
from server.queries.feed_pages import (
    VISIT,
    Page,
    Row,
    Source,
    Wish,
    after,
    narrowed,
    ordered,
    read,
    token_wrong,
    written,
)
from server.storage.organisation import Outlet, User
from server.storage.visits import Revision, Visit

AT_ONCE = 20
"""So many visits are read together; one has some sixty answers."""
MOST_VISITS = 1_000
"""So many are looked through for one page; a condition on answers may leave it short, and the token leads on."""
MOST_COUNTED = 20_000
_OF_VISIT = tuple(each.name for each in ANSWERS.properties if each.name not in (*ANSWERS.late, "removed"))
_REMOVED = {
    **dict.fromkeys(("section", "item", "text_zh"), ""),
    **dict.fromkeys(("value", "earned", "note")),
    "result": "removed",
    "points": Decimal(0),
    "removed": True,
}
"""What stands for all answers of a visit that was voided."""


def page(session: Session, viewer: Viewer, wish: Wish) -> Page:
    """A page of answers. Raises FilterWrong, OptionUnsupported."""
    early, late = parted(wish.condition, ANSWERS.late)
    wish = replace(wish, condition=early)
    found: list[Row] = []
    seen, skip, last = 0, 0 if wish.token else wish.skip, None
    for visit, place, begin in _visits(session, viewer, wish):
        if seen == MOST_VISITS:
            return Page(found, last)
        seen += 1
        for position, row in enumerate(answers(session, visit)):
            if position < begin or (late is not None and not holds(late, row)):
                continue
            if skip:
                skip -= 1
                continue
            if len(found) == wish.limit:
                return Page(found, written(*place, position))
            found.append(row)
        last = written(*place, -1)
    return Page(found, None)


def count(session: Session, viewer: Viewer, wish: Wish) -> int:
    """How many answers there are in all. Raises OptionUnsupported where too many visits would have to be read."""
    early, late = parted(wish.condition, ANSWERS.late)
    chosen = replace(wish, condition=early, token="", order=(), skip=0)
    statement = narrowed(_source(session, viewer, increment=wish.since is not None), chosen)
    many = session.execute(
        statement.with_only_columns(sa.func.count(), maintain_column_froms=True).order_by(None)
    ).scalar_one()
    if many > MOST_COUNTED:
        raise OptionUnsupported(
            "$count",
            "要数的回答属于 {found} 次检查，最多数 {most} 次；请用 $filter 缩小日期范围。",
            {"found": many, "most": MOST_COUNTED},
        )
    return sum(
        late is None or holds(late, row)
        for visit, *_ in _visits(session, viewer, chosen)
        for row in answers(session, visit)
    )


def answers(session: Session, visit: Any) -> Iterator[Row]:
    """The visible items of a visit in the order of its checklist; the outlet of a covert one gets no trace of the shopper."""
    base = {name: getattr(visit, name) for name in _OF_VISIT}
    base["visit_id"], base["outlet_id"] = feed_visits.page_id(visit), str(visit.outlet_id)
    if visit.removed:
        yield base | _REMOVED
        return
    result, sent = json.loads(visit.result), json.loads(visit.document)["answers"]
    visible, failed, met, counted, zeroed = (
        frozenset(result[name]) for name in ("visible", "failed", "met", "counted", "zeroed")
    )
    compiled = checklists.compiled(session.connection(), visit.checklist_id, visit.checklist_version)
    theirs = given(compiled)
    for section in compiled["sections"]:
        for item in section["items"]:
            name = item["id"]
            if name not in visible or (not visit.known and leads(item)):
                continue
            answer = sent.get(name) or {}
            credit = 0 if name in zeroed else (result["credits"].get(name) or 0)
            if name in failed:
                came_to = "failed"
            elif name in met:
                came_to = "met"
            else:
                came_to = "partly" if name in counted else _uncounted(item, answer)
            yield base | {
                "section": section["id"],
                "item": name,
                "text_zh": item["text"]["zh"],
                "value": _value(
                    answer.get("value") if visit.known else _told(item, answer.get("value"), theirs)
                ),
                "result": came_to,
                "points": Decimal(item["points"]) / 100,
                "earned": Decimal(divided(item["points"] * credit, FULL_CREDIT)) / 100
                if name in counted
                else None,
                "note": answer.get("note") or None,
                "removed": False,
            }


def _uncounted(item: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    if answer.get("pending"):
        return "pending"
    if answer.get("value") == NOT_APPLICABLE and item["kind"] != "text":
        return "na"
    return "record" if answer.get("value") is not None else "missing"


def _told(item: Mapping[str, Any], value: Any, theirs: frozenset[str]) -> Any:
    return None if is_instant(value) else told(item, value, theirs)


def _value(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _source(session: Session, viewer: Viewer, *, increment: bool) -> Source:
    columns = feed_visits.columns(session, viewer, ANSWERS, increment=increment)
    statement = (
        sa.select(
            *(columns.by_name[name].label(name) for name in (*_OF_VISIT, "removed")),
            feed_visits.known(viewer).label("known"),
            col(Revision.document),
            col(Revision.result),
        )
        .join_from(Visit, Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(User, col(User.id) == col(Visit.inspector_id))
        .join(
            Revision,
            sa.and_(
                col(Revision.visit_id) == col(Visit.id),
                col(Revision.number) == col(Visit.accepted_revision),
            ),
        )
        .where(
            feed_visits.seen(viewer, increment=increment),
            col(Visit.state).in_((*COUNTED, VisitState.VOID) if increment else COUNTED),
        )
    )
    return Source(
        ANSWERS,
        statement,
        columns,
        (col(Visit.visit_date), scope.turn(viewer)),
        (col(Visit.changed_at),),
        lambda row: {},
        feed_visits.token,
        lambda parts: feed_visits.place(session, viewer, parts, increment=increment),
    )


def _visits(session: Session, viewer: Viewer, wish: Wish) -> Iterator[tuple[Any, list[str | int], int]]:
    """The visits from the token on, each with the parts of a token that begins at it, and from which answer on it counts."""
    source = _source(session, viewer, increment=wish.since is not None)
    if wish.order[:1] in (((VISIT, False),), ((VISIT, True),)):
        source, wish = feed_visits.by_id(source, down=wish.order[0][1]), replace(wish, order=())
    statement = narrowed(source, wish)
    # A token says the place of a visit, and the next of its answers; -1 where all of them were given.
    if wish.order:
        number, position = 0, 0
        if wish.token:
            number, position = _two(read(wish.token, "order"))
            number, position = (number + 1, 0) if position < 0 else (number, position)
        turned = statement.order_by(*ordered(source, wish.order))
        while rows := session.execute(turned.limit(AT_ONCE).offset(number)).all():
            for row in rows:
                yield row, ["order", number], position
                number, position = number + 1, 0
        return
    parts: list[Any] = read(wish.token, "key") if wish.token else []
    position = parts.pop() if parts else 0
    if not isinstance(position, int) or (wish.token and not parts):
        raise token_wrong()
    turned = statement.order_by(*source.turned()).limit(AT_ONCE)
    here = after(source, parts, from_=position >= 0) if parts else sa.true()
    while rows := session.execute(turned.where(here)).all():
        for row in rows:
            named = source.token(row)
            yield row, ["key", *named], position if position > 0 and named == parts else 0
        here = after(source, source.token(rows[-1]))


def _two(parts: list[Any]) -> tuple[int, int]:
    if len(parts) != 2 or not all(isinstance(each, int) for each in parts) or not 0 <= parts[0] <= 10**7:
        raise token_wrong()
    return parts[0], parts[1]
