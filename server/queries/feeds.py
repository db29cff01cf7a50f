"""Feeds for programs: a page of rows of any of them, and how many there are, as far as the viewer may see them."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session

from server.domain.access import Viewer
from server.domain.feeds import Feed
from server.queries import feed_answers, feed_tables, feed_visits
from server.queries.feed_pages import Page, Source, Wish, count_of, fitting, page_of

_SOURCES: dict[str, Callable[[Session, Viewer], Source]] = {
    "Visits": feed_visits.source,
    "Figures": feed_tables.figures,
    "Outlets": feed_tables.outlets,
    "Units": feed_tables.units,
}


def page(session: Session, viewer: Viewer, feed: Feed, wish: Wish) -> Page:
    """A page of rows in the order that was wished, and the token of the next one. Raises FilterWrong, OptionUnsupported."""
    wish = fitting(feed, wish)
    if feed.name == "Answers":
        return feed_answers.page(session, viewer, wish)
    return page_of(session, _SOURCES[feed.name](session, viewer), wish)


def count(session: Session, viewer: Viewer, feed: Feed, wish: Wish) -> int:
    """How many rows there are, whatever page is wanted. Raises FilterWrong, OptionUnsupported."""
    wish = fitting(feed, wish)
    if feed.name == "Answers":
        return feed_answers.count(session, viewer, wish)
    return count_of(session, _SOURCES[feed.name](session, viewer), wish)
