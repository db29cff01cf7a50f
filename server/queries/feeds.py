"""Feeds for programs: a page of rows of any of them, and how many there are, as far as the viewer may see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sqlmodel import Session

from server.domain.access import Viewer
from server.domain.feeds import Feed
from server.queries import feed_answers, feed_commission, feed_records, feed_tables, feed_visits
from server.queries.feed_pages import VISIT, Page, Source, Wish, count_of, fitting, page_of

_SOURCES: dict[str, Callable[[Session, Viewer], Source]] = {
    "Figures": feed_tables.figures,
    "Units": feed_tables.units,
    "Decisions": feed_records.decisions,
    "Actions": feed_records.actions,
    "WeakItems": feed_records.weak_items,
    "WeakItemActions": feed_records.weak_item_actions,
    "Commission": feed_commission.months,
    "CommissionShares": feed_commission.shares,
    "CommissionRefunds": feed_commission.refunds,
}
_TELLING: dict[str, Callable[..., Source]] = {
    "Visits": feed_visits.source,
    "Outlets": feed_tables.outlets,
    "Appeals": feed_records.appeals,
}
"""Whose increments tell what was removed."""


def page(session: Session, viewer: Viewer, feed: Feed, wish: Wish) -> Page:
    """A page of rows in the order that was wished, and the token of the next one. Raises FilterWrong, OptionUnsupported."""
    wish = fitting(feed, wish, unordered(viewer, feed))
    if feed.name == "Answers":
        return feed_answers.page(session, viewer, wish)
    source = _source(feed, wish)(session, viewer)
    if feed.key == (VISIT,) and wish.order[:1] in (((VISIT, False),), ((VISIT, True),)):
        # No two rows have one id, so that whatever follows it orders nothing.
        source, wish = feed_visits.by_id(source, down=wish.order[0][1]), replace(wish, order=())
    return page_of(session, source, wish)


def count(session: Session, viewer: Viewer, feed: Feed, wish: Wish) -> int:
    """How many rows there are, whatever page is wanted. Raises FilterWrong, OptionUnsupported."""
    wish = fitting(feed, wish, unordered(viewer, feed))
    if feed.name == "Answers":
        return feed_answers.count(session, viewer, wish)
    return count_of(session, _source(feed, wish)(session, viewer), wish)


def unordered(viewer: Viewer, feed: Feed) -> frozenset[str]:
    """The properties of a feed by which nothing is ordered for this viewer."""
    return feed.late if feed_visits.own_ids(viewer) or not feed.property(VISIT) else feed.late | {VISIT}


def _source(feed: Feed, wish: Wish) -> Callable[[Session, Viewer], Source]:
    if feed.name in _TELLING:
        return partial(_TELLING[feed.name], increment=wish.since is not None)
    return _SOURCES[feed.name]
