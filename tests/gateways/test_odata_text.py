"""Conditions, orders and keys as OData writes them: read exactly, refused in words, never anything else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.domain.feed_filters import Both, Compared, Condition, Either, Not, checked
from server.domain.feed_list import FEEDS
from server.domain.feed_terms import Constant, Name
from server.domain.feeds import ANSWERS, FIGURES, VISITS, FilterWrong, OptionUnsupported
from server.gateways.odata_text import condition, order, resource
from tests.feed_conditions import as_written, conditions

NOW = datetime(2026, 11, 29, 3, 30, tzinfo=UTC)
KEYS = {feed.name: feed.key for feed in FEEDS.values()}


@given(conditions(VISITS))
def test_what_is_written_is_read_back(made: Condition) -> None:
    assert condition(as_written(made)) == made


def test_not_binds_before_and_and_and_before_or() -> None:
    a, b, c = (Compared("eq", Name(name), Constant(1)) for name in "abc")
    assert condition("a eq 1 or b eq 1 and not (c eq 1)") == Either((a, Both((b, Not(c)))))
    assert condition("(a eq 1 or b eq 1) and c eq 1") == Both((Either((a, b)), c))


@given(st.text(max_size=60) | st.text("() ',.0123456789abeqndotrix", max_size=40))
@example("score " + "add 1 " * 600 + "gt 1")
@example("score mul 0.00000000000000000001 gt 1")
@example("score mul 999999999 mul 999999999 gt 1")
@example("submitted_at gt now() add duration'P999999D' add duration'P999999D' add duration'P999999D'")
@example("concat(" * 59 + "kind" + ",kind)" * 59 + " eq 'a'")
@example("(" * 5000)
@example("not " * 3000 + "grave")
@example("score eq 99999999999999999999999999999999999999999999999999999999")
@example("visit_date eq 2026-13-45")
@example("submitted_at gt 0001-01-01T00:00:00+23:59")
@example("a eq '" + "'" * 9000)
def test_no_text_does_anything_but_read_or_be_refused_in_words(text: str) -> None:
    try:
        checked(condition(text, NOW), VISITS)
    except (FilterWrong, OptionUnsupported) as refused:
        assert refused.why  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("score gt 'x'", FilterWrong),
        ("kind gt 1", FilterWrong),
        ("nothing eq 1", FilterWrong),
        ("score", FilterWrong),
        ("visit_id eq 1", FilterWrong),
        ("score gt", FilterWrong),
        ("score gt 1 and", FilterWrong),
        ("visit_date gt 2026-02-30", FilterWrong),
        ("grave gt true", None),
        ("tolower(kind) eq 'a'", None),
        ("tolower(score) eq 'a'", FilterWrong),
        ("concat(kind,'a') eq 'a'", None),
        ("concat(score,'a') eq 'a'", FilterWrong),
        ("concat(kind,1) eq 'a'", FilterWrong),
        ("contains(concat('a','b'),'a')", OptionUnsupported),
        ("submitted_at gt now()", OptionUnsupported),
        ("score add 1 gt 5", None),
        ("-score lt -5", None),
        ("kind add 1 gt 5", FilterWrong),
        ("score add 'a' gt 5", FilterWrong),
        ("score add grave gt 5", FilterWrong),
        ("score div 0 gt 5", FilterWrong),
        ("5 div 0 gt score", FilterWrong),
        ("score div revision gt 5", OptionUnsupported),
        ("score mod 2 eq 1", OptionUnsupported),
        ("revision mod 2 eq 1", None),
        ("revision mod 1.5 eq 1", OptionUnsupported),
        ("score divby 2 gt 5", OptionUnsupported),
        ("(score gt 1) add 1 gt 5", OptionUnsupported),
        ("decided_at sub submitted_at gt duration'P1D'", OptionUnsupported),
        ("decided_at add duration'P1D' gt submitted_at", OptionUnsupported),
        ("submitted_at gt duration'P1D'", FilterWrong),
        ("submitted_at gt 2026-11-01T00:00:00Z sub duration'P'", FilterWrong),
        ("submitted_at gt 2026-11-01T00:00:00Z sub duration'P999999D'", FilterWrong),
        ("submitted_at gt 2026-11-01T00:00:00Z sub 1", FilterWrong),
        ("(score gt 1) eq true", OptionUnsupported),
        ("contains('a',kind)", OptionUnsupported),
        ("substring(kind,-1) eq 'a'", OptionUnsupported),
        ("date(submitted_at) eq 9999-12-31", FilterWrong),
        ("date(submitted_at) eq 2026", FilterWrong),
        ("hour(visit_date) eq 2", FilterWrong),
        ("score lt 1e40", FilterWrong),
        ("visit_id gt 0193c0de-0000-7000-8000-000000000000", OptionUnsupported),
        ("year(submitted_at) eq 2026", None),
        ("1 eq 1", OptionUnsupported),
    ],
)
def test_what_cannot_be_asked_is_refused(text: str, problem: type[Exception] | None) -> None:
    if problem is None:
        checked(condition(text), VISITS)
        return
    with pytest.raises(problem):
        checked(condition(text), VISITS)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("submitted_at ge 2026-11-01T00:00:00.0000000Z", "submitted_at ge 2026-11-01T00:00:00Z"),
        ("submitted_at ge 2026-11-01t00:00:00.123456789012z", "submitted_at ge 2026-11-01T00:00:00.123456Z"),
        ("(part) eq null", "part eq null"),
        ("((score)) gt (1)", "score gt 1"),
        ("score gt 8.6e1", "score gt 86"),
        ("score gt +1E-2", "score gt 0.01"),
        ("grave eq TRUE", "grave eq true"),
        ("date(submitted_at) gt 2026-11-01", "submitted_at ge 2026-11-02T00:00:00Z"),
        (
            "year(submitted_at) eq 2026",
            "submitted_at ge 2026-01-01T00:00:00Z and submitted_at lt 2027-01-01T00:00:00Z",
        ),
        (
            "2026-11-01 ne date(submitted_at)",
            "not (submitted_at ge 2026-11-01T00:00:00Z and submitted_at lt 2026-11-02T00:00:00Z)",
        ),
    ],
)
def test_literals_and_instants_mean_the_same_however_they_are_written(text: str, same: str) -> None:
    assert checked(condition(text), VISITS) == checked(condition(same), VISITS)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("submitted_at ge now()", "submitted_at ge 2026-11-29T03:30:00Z"),
        ("submitted_at ge now() sub duration'P7DT3H30M'", "submitted_at ge 2026-11-22T00:00:00Z"),
        ("submitted_at add duration'P7D' ge now()", "submitted_at ge 2026-11-22T03:30:00Z"),
        ("now() le submitted_at sub -duration'PT30M'", "submitted_at ge 2026-11-29T03:00:00Z"),
        ("submitted_at sub duration'PT0.5S' lt now()", "submitted_at lt 2026-11-29T03:30:00.500Z"),
        ("visit_date eq date(now())", "visit_date eq 2026-11-29"),
        ("visit_date gt date(now()) sub duration'P1M'", ""),
        ("visit_date gt date(now()) sub duration'P30DT23H'", "visit_date gt 2026-10-30"),
        ("visit_date add duration'-P1DT1H' lt date(now())", "visit_date lt 2026-11-30"),
        (
            "year(visit_date) eq year(now()) and month(visit_date) eq month(now()) sub 1",
            "year(visit_date) eq 2026 and month(visit_date) eq 10",
        ),
        ("date(submitted_at) add duration'P1D' eq date(now())", "date(submitted_at) eq 2026-11-28"),
        ("score gt 2 mul 30 add 4 sub -1", "score gt 65"),
        ("score gt 7 div 2", "score gt 3"),
        ("score gt 7 div 2.0", "score gt 3.5"),
        ("score gt -7 div 2", "score gt -3"),
        ("score gt -7 mod 3", "score gt -1"),
        ("score gt 2 add 3 mul (4 sub 1)", "score gt 11"),
        ("kind eq concat('a',concat('b','c'))", "kind eq 'abc'"),
        ("kind eq tolower('ABC')", "kind eq 'abc'"),
        ("score gt null add 1", "score gt null"),
    ],
)
def test_what_holds_no_property_is_worked_out(text: str, same: str) -> None:
    if not same:
        with pytest.raises(FilterWrong):
            condition(text, NOW)
        return
    found, wanted = checked(condition(text, NOW), VISITS), checked(condition(same), VISITS)
    assert found == wanted


def test_orders_are_read_with_their_direction() -> None:
    assert order("score desc,kind, visit_date asc") == (
        ("score", True),
        ("kind", False),
        ("visit_date", False),
    )
    for wrong in ("score down", "", "a b c"):
        with pytest.raises(FilterWrong):
            order(wrong)


def test_a_path_names_a_set_its_count_or_one_of_its_rows() -> None:
    assert resource("Visits", KEYS) == ("Visits", None, False)
    assert resource("Visits/$count", KEYS) == ("Visits", None, True)
    named = resource("Figures(subject='sx/ty/',period='2026-Q4',figure='it''s')", KEYS)
    assert named is not None
    assert named[1] == Both(
        tuple(
            Compared("eq", Name(name), Constant(value))
            for name, value in (("subject", "sx/ty/"), ("period", "2026-Q4"), ("figure", "it's"))
        )
    )
    assert resource("Visits/score", KEYS) is None
    assert resource("visits", KEYS) is None
    for wrong in ("Figures('a')", "Answers(visit_id=0193c0de-0000-7000-8000-000000000000)", "Visits()"):
        with pytest.raises(FilterWrong):
            resource(wrong, KEYS)


def test_each_feed_has_its_key_among_what_is_always_there() -> None:
    for feed in FEEDS.values():
        found = [feed.property(name) for name in feed.key]
        assert all(each is not None and not each.nullable for each in found)
    assert FIGURES.property("number") is not None
    assert {"item"} <= ANSWERS.late
