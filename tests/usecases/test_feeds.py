"""Feeds on both databases: a filter takes the rows that its condition holds for, and pages have each row once, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odatapy.data import Entity
from odatapy.data import Property as Held
from odatapy.edm.model import Edm
from odatapy.edm.xml_io import XmlEdmProvider
from odatapy.server.eval import evaluate_filter
from odatapy.server.uri.parser import Parser
from sqlmodel import col, select

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.feed_filters import checked
from server.domain.feed_list import FEEDS
from server.domain.feed_rows import holds
from server.domain.feeds import ANSWERS, OUTLETS, VISITS, Feed, FilterWrong, OptionUnsupported, Type
from server.domain.visit import VisitKind, VisitState
from server.gateways.odata_metadata import metadata
from server.gateways.odata_text import condition
from server.queries import feed_pages, feeds
from server.queries.feed_pages import FARTHEST, Wish
from server.storage.organisation import Outlet
from server.storage.visits import Visit
from server.usecases import people
from server.usecases.work import Office
from tests import make, submitted
from tests.feed_conditions import TEXTS, as_written, conditions


@dataclass
class Filled:
    """An office with rows of all sorts."""

    office: Office

    @cached_property
    def all(self) -> dict[str, list[dict[str, Any]]]:
        return {name: rows(self.office, FEEDS[name]) for name in ("Outlets", "Visits", "Answers")}


def rows(office: Office, feed: Feed, viewer: Viewer = SYSTEM, **wish: Any) -> list[dict[str, Any]]:
    """All rows, page by page."""
    found: list[dict[str, Any]] = []
    token: str | None = ""
    while token is not None:
        with office.work(viewer, write=False) as work:
            page = feeds.page(work.session, viewer, feed, Wish(**{"token": token, **wish}))
        found += page.rows
        token = page.token
    return found


@pytest.fixture
def filled(both: Office) -> Filled:
    """Outlets with odd names, and visits of them in several states, with and without scores."""
    halls = [
        make.outlet(
            both,
            name=text or "x",
            class_=text[:1] if text[:1].isascii() else "",
            star=number % 6 if number % 3 else None,
            cooperation_since=date(2020 + number % 7, 1 + number % 12, 1 + number) if number % 2 else None,
        )
        for number, text in enumerate(TEXTS)
    ]
    shopper, manager = (
        make.user(both, role=Role.SHOPPER),
        make.user(both, role=Role.AREA_MANAGER, unit_path="sx/"),
    )
    for number, hall in enumerate(halls[:6]):
        covert = number % 2 == 0
        made = submitted.visit(
            both,
            shopper if covert else manager,
            hall,
            kind=VisitKind.MYSTERY if covert else VisitKind.AREA_VISIT,
            state=[VisitState.SUBMITTED, VisitState.ACCEPTED, VisitState.PUBLISHED][number % 3],
        )
        with both.work() as work:
            visit = work.session.get_one(Visit, made.id)
            visit.score = [None, 0, 6000, 8750, 9225, 10000][number]
            visit.accepted_revision = 1 if number % 3 else None
            visit.visit_date = date(2026, 11, 20 + number // 3)
            visit.grave = number == 4
    return Filled(both)


@given(data=st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_takes_the_rows_that_the_condition_holds_for(filled: Filled, data: st.DataObject) -> None:
    feed = data.draw(st.sampled_from([OUTLETS, VISITS, ANSWERS]))
    asked = data.draw(conditions(feed))
    wanted = [row for row in filled.all[feed.name] if holds(checked(asked, feed), row)]
    written = as_written(asked)
    # Of `not`, ours follows OData 4.0, where a comparison with nothing is false; the other one takes it for unknown.
    # Its decimal quotients are rounded at the 28th place, ours are exact.
    if "not (" not in written and " div " not in written:
        assert [row for row in filled.all[feed.name] if elsewhere(written, feed, row)] == wanted
    assert rows(filled.office, feed, condition=asked) == wanted
    with filled.office.work(write=False) as work:
        assert feeds.count(work.session, SYSTEM, feed, Wish(condition=asked)) == len(wanted)


_EDM = Edm(XmlEdmProvider(metadata(FEEDS.values(), {})))


def elsewhere(asked: str, feed: Feed, row: dict[str, Any]) -> bool:
    """What an implementation that we did not write says."""
    parsed = Parser(_EDM).parse_uri(feed.name, f"$filter={asked}")
    return evaluate_filter(
        Entity(properties=[Held(name, value) for name, value in row.items()]), parsed.filter.expression
    )


@pytest.mark.parametrize(
    "asked",
    [
        "star gt 2",
        "star ne 4",
        "star eq null or class ne ''",
        "contains(name,'太') and not endswith(name,'x')",
        "year(cooperation_since) ge 2023",
        "name in ('a','b''','50%')",
        "length(name) gt 1 or startswith(class,'A')",
        "star lt 2 or star ge 4 and class eq 'a'",
        "cooperation_since le 2024-05-05 and cooperation_since ne null",
        "concat(concat(name,', '),class) eq 'a, a' or contains(concat(class,name),'太太')",
        "star add 1 gt 3",
        "star mul 2 sub 1 eq 7 or 10 sub star lt 7",
        "star mod 2 eq 1",
        "star div 2 eq 1",
        "star div 2.0 gt 1.4",
        "-star lt -2",
        "star mul star ge star add 6",
        "length(name) add star gt 4",
    ],
)
def test_another_implementation_of_odata_takes_the_same_rows(filled: Filled, asked: str) -> None:
    wanted = [row for row in filled.all["Outlets"] if elsewhere(asked, OUTLETS, row)]
    assert rows(filled.office, OUTLETS, condition=condition(asked)) == wanted
    assert 0 < len(wanted) < len(filled.all["Outlets"])


@pytest.mark.parametrize(
    "asked",
    [
        "month(submitted_at) eq 11 and day(submitted_at) eq 21",
        "hour(submitted_at) eq 23",
        "minute(submitted_at) ge 59 or minute(submitted_at) lt 10",
        "second(submitted_at) eq 59",
        "second(submitted_at) add 1 eq 60",
        "hour(submitted_at) mul 60 add minute(submitted_at) gt 1000",
        "date(submitted_at) eq 2026-11-21",
        "date(submitted_at) eq visit_date",
        "date(submitted_at) ne visit_date",
        "date(submitted_at) gt visit_date",
        "date(decided_at) le date(submitted_at)",
        "year(date(submitted_at)) eq 2026 and month(date(submitted_at)) eq 12",
        "year(submitted_at) add 1 eq 2027",
        "date(submitted_at) eq null",
    ],
)
def test_another_implementation_takes_the_same_instants_by_their_parts(filled: Filled, asked: str) -> None:
    at = [
        datetime(2026, 11, 21, 23, 59, 59, 700_000, tzinfo=UTC),
        datetime(2026, 11, 22, 0, 0, 0, tzinfo=UTC),
        datetime(2026, 11, 20, 16, 7, 1, tzinfo=UTC),
        datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        None,
        datetime(2026, 11, 21, 16, 0, 30, 499_000, tzinfo=UTC),
    ]
    with filled.office.work() as work:
        for visit, each in zip(work.session.exec(select(Visit).order_by(col(Visit.id))), at, strict=True):
            visit.submitted_at, visit.decided_at = each, each and each - timedelta(hours=1)
            visit.visit_date = date(2026, 11, 21)
    known = rows(filled.office, VISITS)
    wanted = [row for row in known if elsewhere(asked, VISITS, row)]
    assert [row for row in known if holds(checked(condition(asked), VISITS), row)] == wanted
    assert rows(filled.office, VISITS, condition=condition(asked)) == wanted
    assert 0 < len(wanted) < len(known)


def test_a_comparison_with_nothing_is_false_and_its_opposite_true(filled: Filled) -> None:
    starred = [row for row in filled.all["Outlets"] if (row["star"] or 0) > 2]
    assert rows(filled.office, OUTLETS, condition=condition("star gt 2")) == starred
    rest = rows(filled.office, OUTLETS, condition=condition("not (star gt 2)"))
    assert len(rest) == len(filled.all["Outlets"]) - len(starred)
    assert any(row["star"] is None for row in rest)


@pytest.mark.parametrize("feed", [OUTLETS, VISITS, ANSWERS])
@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize("order", [(), (("tier", True), ("unit_path", False))])
def test_pages_have_each_row_once_and_in_order(
    filled: Filled, feed: Feed, limit: int, order: tuple[tuple[str, bool], ...]
) -> None:
    found = rows(filled.office, feed, limit=limit, order=order)
    assert sorted(map(str, found)) == sorted(map(str, filled.all[feed.name]))
    assert found == rows(filled.office, feed, order=order)
    if limit == 3 and feed is not ANSWERS:
        assert rows(filled.office, feed, order=order, skip=2, limit=3)[:3] == found[2:5]


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("limit", [1, 4])
@pytest.mark.parametrize("feed", [VISITS, ANSWERS])
def test_an_order_of_ids_goes_by_key_through_all_pages(
    filled: Filled, feed: Feed, limit: int, down: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_pages, "FARTHEST", 2)
    found = rows(filled.office, feed, limit=limit, order=(("visit_id", down), ("kind", False)))
    names = [row["visit_id"] for row in found]
    assert names == sorted(names, reverse=down)
    assert sorted(map(str, found)) == sorted(map(str, filled.all[feed.name]))
    with filled.office.work(write=False) as work:
        page = feeds.page(work.session, SYSTEM, feed, Wish(order=(("visit_id", down),), skip=1, limit=2))
    assert page.rows == found[1:3]


def test_an_order_of_ids_is_read_from_their_index(filled: Filled) -> None:
    with filled.office.work(write=False) as work:
        source = feeds.feed_visits.by_id(
            feeds.feed_visits.source(work.session, SYSTEM, increment=False), down=True
        )
        asked = source.statement.order_by(*source.turned()).limit(10)
        written = str(asked.compile(work.session.connection(), compile_kwargs={"literal_binds": True}))
        if work.session.connection().dialect.name != "sqlite":
            return
        plan = work.session.execute(sa.text(f"EXPLAIN QUERY PLAN {written}")).all()
    assert not [step for *_, step in plan if "TEMP B-TREE" in step]


def test_who_has_other_names_for_covert_visits_cannot_order_by_them(filled: Filled) -> None:
    viewer = people.viewer_of(make.user(filled.office, role=Role.BRANCH_MANAGER, unit_path="sx/"))
    for feed in (VISITS, ANSWERS, FEEDS["Appeals"], FEEDS["Actions"]):
        with filled.office.work(viewer, write=False) as work, pytest.raises(OptionUnsupported):
            feeds.page(work.session, viewer, feed, Wish(order=(("visit_id", False),)))


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("name", ["name", "star", "cooperation_since", "class"])
def test_an_order_puts_nothing_first_and_texts_by_their_code_points(
    filled: Filled, name: str, down: bool
) -> None:
    found = [row[name] for row in rows(filled.office, OUTLETS, order=((name, down),))]
    some = sorted((each for each in found if each is not None), reverse=down)
    none = [None] * (len(found) - len(some))
    assert found == ([*some, *none] if down else [*none, *some])


def test_a_conditions_rows_are_found_behind_more_visits_than_one_page_looks_through(
    filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds.feed_answers, "MOST_VISITS", 1)
    monkeypatch.setattr(feeds.feed_answers, "AT_ONCE", 2)
    asked = condition("item eq 'B-01'")
    wanted = [row for row in filled.all["Answers"] if row["item"] == "B-01"]
    assert rows(filled.office, ANSWERS, condition=asked) == wanted
    assert rows(filled.office, ANSWERS, condition=asked, order=(("kind", False),)) == sorted(
        wanted, key=lambda row: row["kind"]
    )


def test_since_gives_what_was_changed_from_then_on(filled: Filled, clock: Any) -> None:
    clock.forward(hours=1)
    then = filled.office.clock()
    with filled.office.work() as work:
        named = UUID(filled.all["Outlets"][3]["outlet_id"])
        work.session.get_one(Outlet, named).changed_at = then
    assert [row["outlet_id"] for row in rows(filled.office, OUTLETS, since=then)] == [str(named)]


@pytest.mark.parametrize("name", list(FEEDS))
def test_every_feed_is_read_ordered_and_narrowed_by_each_property(
    name: str, filled: Filled, clock: Any
) -> None:
    feed, office = FEEDS[name], filled.office
    viewer = people.viewer_of(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/"))
    for who in (SYSTEM, viewer):
        for since in (None, clock.now):
            whole = rows(office, feed, who, since=since)
            for each in feed.properties:
                asked = each.name if each.type is Type.YES_NO else f"{each.name} eq null"
                kept = rows(office, feed, who, since=since, condition=condition(f"not ({asked})"))
                flag = each.type is Type.YES_NO
                assert kept == [
                    row for row in whole if (not row[each.name] if flag else row[each.name] is not None)
                ]
                if each.name not in feeds.unordered(who, feed):
                    found = rows(office, feed, who, since=since, order=((each.name, True),))
                    assert sorted(map(str, found)) == sorted(map(str, whole))


@pytest.mark.parametrize(
    "token",
    ["x", "W10", "WyJrZXkiXQ", "WyJrZXkiLDEsMiwzXQ", "WyJvcmRlciIsLTFd", "WyJrZXkiLCJhIiwiYiIsImMiXQ", "e30"],
)
@pytest.mark.parametrize("feed", list(FEEDS.values()))
def test_a_token_that_was_never_given_is_refused(office: Office, feed: Feed, token: str) -> None:
    for order in ((), (("unit_path" if feed.property("unit_path") else feed.properties[0].name, False),)):
        with office.work(write=False) as work, pytest.raises(FilterWrong):
            feeds.page(work.session, SYSTEM, feed, Wish(token=token, order=order))


def test_what_would_count_off_too_many_rows_is_refused(office: Office) -> None:
    with office.work(write=False) as work, pytest.raises(OptionUnsupported):
        feeds.page(work.session, SYSTEM, VISITS, Wish(skip=FARTHEST + 1))


def test_answers_are_what_the_visits_page_shows(office: Office) -> None:
    hall, manager = make.outlet(office), make.user(office, role=Role.AREA_MANAGER, unit_path="sx/")
    made = submitted.visit(office, manager, hall, kind=VisitKind.AREA_VISIT, state=VisitState.ACCEPTED)
    with office.work() as work:
        work.session.get_one(Visit, made.id).accepted_revision = 1
    viewer = people.viewer_of(make.user(office, role=Role.BRANCH_MANAGER, unit_path="sx/"))
    found = {row["item"]: row for row in rows(office, ANSWERS, viewer)}
    from server.queries.visit_page import visit_page

    with office.work(viewer, write=False) as work:
        page = visit_page(work.session, viewer, made.id, work.now, "zh", lambda text, **facts: text)
    shown = {one.item["id"]: one for part in page.parts for one in part.items}
    assert list(found) == list(shown)
    for item, one in shown.items():
        earned = None if one.earned is None else one.earned / 100
        row = found[item]
        assert (row["result"], float(row["points"])) == (one.result, one.points / 100)
        assert (row["earned"] is None) == (earned is None)
        assert earned is None or float(row["earned"]) == earned
