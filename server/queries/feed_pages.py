"""Pages of feeds: rows after a place that a token names, so that the millionth page costs what the first one does."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from server.domain.feed_filters import Condition, checked
from server.domain.feeds import Feed, FilterWrong, OptionUnsupported
from server.queries.feed_where import Columns, ordering, where

PAGE = 1000
FARTHEST = 50_000
"""So many rows may be counted off; whoever wants what lies behind them takes a filter, or the pages as they come."""
Row = dict[str, Any]
VISIT = "visit_id"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a feed: which rows, in which order (empty: its own), after which token, how many at most.

    `since` leaves out what has not changed since that instant.
    """

    condition: Condition | None = None
    order: tuple[tuple[str, bool], ...] = ()
    token: str = ""
    skip: int = 0
    limit: int = PAGE
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the token under which the next ones are; None where these are the last."""

    rows: list[Row]
    token: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a feed's rows are: the statement with all that the viewer may see, its columns, and what orders the rows.

    `changed` are the instants of which any tells that a row changed. `key` are the columns of its own order, `place` turns the parts of a token into their values and `token` a row of
    `statement` into those parts. `shown` makes a row of it the feed's. `down`: whether its own order goes downwards.
    """

    feed: Feed
    statement: sa.Select[Any]
    columns: Columns
    key: tuple[Any, ...]
    changed: tuple[Any, ...]
    shown: Callable[[Any], Row]
    token: Callable[[Any], list[str | int]]
    place: Callable[[Sequence[Any]], Sequence[Any]]
    down: bool = False

    def turned(self) -> tuple[Any, ...]:
        """What orders the rows as its own order goes."""
        return tuple(each.desc() for each in self.key) if self.down else self.key


def page_of(session: Session, source: Source, wish: Wish) -> Page:
    """A page of a feed. Raises FilterWrong, OptionUnsupported."""
    statement = narrowed(source, wish)
    if wish.order:
        offset = _offset(wish)
        rows = session.execute(
            statement.order_by(*ordered(source, wish.order)).limit(wish.limit + 1).offset(offset)
        ).all()
        token = written("order", offset + wish.limit) if len(rows) > wish.limit else None
    else:
        if wish.token:
            statement = statement.where(after(source, read(wish.token, "key")))
        rows = session.execute(
            statement.order_by(*source.turned()).limit(wish.limit + 1).offset(0 if wish.token else wish.skip)
        ).all()
        token = (
            written("key", *source.token(rows[wish.limit - 1]))
            if len(rows) > wish.limit and wish.limit
            else None
        )
    return Page([source.shown(row) for row in rows[: wish.limit]], token)


def count_of(session: Session, source: Source, wish: Wish) -> int:
    """How many rows there are in all, whatever page is wanted."""
    counted = narrowed(source, wish).with_only_columns(sa.func.count(), maintain_column_froms=True)
    return int(session.execute(counted.order_by(None)).scalar_one())


def narrowed(source: Source, wish: Wish) -> sa.Select[Any]:
    """The source's rows as far as they are wanted, in no order."""
    statement = source.statement
    if wish.since is not None and source.changed:
        statement = statement.where(sa.or_(*(each >= wish.since for each in source.changed)))
    if wish.condition is not None:
        statement = statement.where(where(wish.condition, source.columns))
    return statement


def ordered(source: Source, order: tuple[tuple[str, bool], ...]) -> tuple[Any, ...]:
    """What orders as it was wished; what is equal stands in the feed's own order."""
    wished = [each for name, down in order for each in ordering(name, source.columns, down=down)]
    return (*wished, *source.key)


def after(source: Source, parts: Sequence[Any], *, from_: bool = False) -> sa.ColumnElement[bool]:
    """What stands behind a token's place in the feed's own order, with `from_` the place itself too. Raises FilterWrong."""
    try:
        values = source.place(parts)
    except (ValueError, TypeError, IndexError, AttributeError):
        raise token_wrong() from None
    if not len(parts) == len(values) == len(source.key):
        raise token_wrong()
    place = sa.tuple_(
        *(
            value if isinstance(value, sa.ColumnElement) else sa.literal(value, key.type)
            for value, key in zip(values, source.key, strict=True)
        )
    )
    here = sa.tuple_(*source.key)
    if source.down:
        return here <= place if from_ else here < place
    return here >= place if from_ else here > place


def fitting(feed: Feed, wish: Wish, unordered: frozenset[str]) -> Wish:
    """The wish as the feed can fulfil it; nothing is ordered by `unordered`. Raises FilterWrong, OptionUnsupported."""
    for name, _ in wish.order:
        found = feed.property(name)
        if found is None:
            raise FilterWrong(
                "$orderby", "{feed} 没有 {name} 这个属性。", {"feed": feed.name, "name": name[:60]}
            )
        if name == VISIT and name in unordered:
            raise OptionUnsupported(
                "$orderby",
                "您看到的暗访编号是另起的名字，不能按 {name} 排序；不写 $orderby 也逐页读全。",
                {"name": name},
            )
        if name in unordered:
            raise OptionUnsupported("$orderby", "不能按 {name} 排序。", {"name": name})
    if wish.skip > FARTHEST:
        raise OptionUnsupported("$skip", "最多跳过 {most} 行；请用 $filter 缩小范围。", {"most": FARTHEST})
    if wish.condition is None:
        return wish
    return replace(wish, condition=checked(wish.condition, feed))


def written(*parts: str | int) -> str:
    """The parts of a token as one text."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(token: str, sort: str) -> list[Any]:
    """The parts of a token of this sort. Raises FilterWrong for one that we never wrote."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise token_wrong() from None
    if not isinstance(parts, list) or not parts or parts[0] != sort:
        raise token_wrong()
    if not all(isinstance(each, str | int) and not isinstance(each, bool) for each in parts):
        raise token_wrong()
    return parts[1:]


def token_wrong() -> FilterWrong:
    """What is raised for a token that we never wrote."""
    return FilterWrong("$skiptoken", "这不是本服务给出的续页标记。")


def _offset(wish: Wish) -> int:
    if not wish.token:
        return wish.skip
    (offset,) = read(wish.token, "order")[:1] or [None]
    if not isinstance(offset, int) or offset < 0:
        raise token_wrong()
    if offset > FARTHEST:
        raise OptionUnsupported(
            "$orderby",
            "自定排序最多读 {most} 行；请用 $filter 缩小范围，或不要 $orderby。",
            {"most": FARTHEST},
        )
    return offset
