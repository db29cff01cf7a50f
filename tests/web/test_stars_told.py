"""What an explanation of stars says of months that had not begun and of those that the rules excuse: on pages and as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.access import SYSTEM, Role
from server.domain.explain import Explanation
from server.domain.periods import Period
from server.domain.star_basis import agent
from server.domain.stars import Standing, excused, gate_tests, rate
from server.queries import stars_told
from server.storage.organisation import Outlet, Tier
from server.usecases import periods, star_lifts
from server.usecases.work import Office
from tests import province
from tests.conftest import Clock
from tests.make import Caller
from tests.standards import RULES

HALF = Period.read("2026-H2")
MONTHS = [month.code for month in HALF.split("month")]
STANDING = Standing(
    Fraction(90), {}, True, None, None, (), star=None, reached_before=(), since=date(2020, 1, 1)
)


def rated(months: dict[str, Fraction | None], **more: Any) -> dict[str, Any]:
    """An agent's stars as they are told, with the months that they stand on."""
    standing = replace(STANDING, spells=months, **more)
    why = rate(standing, HALF, RULES.stars, 1).explanation
    basis = agent(months, RULES.stars, 1).explanation
    return replace(why, parts=(basis, *why.parts)).as_json()


def notes(told: dict[str, Any], figure: str) -> list[list[dict[str, Any]]]:
    found = [told.get("notes", [])] if told["figure"] == figure else []
    return [*found, *(each for part in told.get("parts", ()) for each in notes(part, figure))]


@given(
    st.dictionaries(st.sampled_from(MONTHS), st.one_of(st.none(), st.integers(50, 100).map(Fraction))),
    st.integers(0, 3),
)
def test_what_is_excused_is_what_the_gate_leaves_out(months: dict[str, Fraction | None], many: int) -> None:
    rules = RULES.stars.model_copy(update={"excused_months": many})
    left_out = excused(months, rules)
    known = {code: value for code, value in months.items() if value is not None}
    assert len(left_out) == min(many, len(known))
    rest = [value for code, value in known.items() if code not in left_out]
    assert all(known[code] <= value for code in left_out for value in rest)
    gate = next(each for each in rules.gates if each.quarter is not None)
    standing = replace(STANDING, spells=months)
    found = next(each for each in gate_tests(standing, HALF, gate, rules) if each.name == "quarter")
    assert found.found == (sorted(known.values())[many:] or [None])[0]


def test_the_excused_month_is_named_at_the_gate_and_at_the_month() -> None:
    months = {code: Fraction(90 + number) for number, code in enumerate(MONTHS)}
    told = stars_told.completed(rated(months | {"2026-09": Fraction(60)}), RULES.stars, date(2027, 1, 5))
    gates = notes(told, "gate-quarter")
    assert len(gates) == sum(gate.quarter is not None for gate in RULES.stars.gates)
    assert all(each == [{"code": "excused-months", "months": "2026-09"}] for each in gates)
    assert [bool(each) for each in notes(told, "spell")] == [code == "2026-09" for code in MONTHS]
    twice = stars_told.completed(
        rated(months), RULES.stars.model_copy(update={"excused_months": 2}), date(2027, 1, 5)
    )
    assert notes(twice, "gate-quarter")[0][0]["months"] == "2026-07 2026-08"


def test_of_several_equal_months_the_earliest_is_excused() -> None:
    months: dict[str, Fraction | None] = dict.fromkeys(reversed(MONTHS), Fraction(70))
    assert excused(months, RULES.stars) == ("2026-07",)


def test_where_none_is_excused_none_is_named() -> None:
    months = {code: Fraction(90) for code in MONTHS}
    rules = RULES.stars.model_copy(update={"excused_months": 0})
    assert stars_told.completed(rated(months), rules, date(2027, 1, 5)) == rated(months)


def test_a_hall_has_quarters_of_which_none_is_excused() -> None:
    told = rated({"2026-Q3": Fraction(70), "2026-Q4": None}, agent=False)
    assert notes(stars_told.completed(told, RULES.stars, date(2027, 1, 5)), "gate-quarter") == notes(
        told, "gate-quarter"
    )
    begun = stars_told.completed(told, RULES.stars, date(2026, 9, 30))
    assert notes(begun, "spell") == [[], [{"code": "not-begun"}]]


def test_a_month_that_had_not_begun_says_so_and_one_without_weight_that() -> None:
    months = {code: Fraction(90) for code in MONTHS} | {"2026-08": None, "2026-12": None}
    told = stars_told.completed(rated(months), RULES.stars, date(2026, 11, 30))
    of_months = dict(zip(MONTHS, notes(told, "composite"), strict=True))
    assert of_months["2026-08"] == [{"code": "not-rated"}]
    assert of_months["2026-12"] == [{"code": "not-begun"}]
    assert of_months["2026-11"] == []
    assert notes(told, "spell")[-1] == [{"code": "not-begun"}]
    later = stars_told.completed(rated(months), RULES.stars, date(2026, 12, 1))
    assert notes(later, "composite")[-1] == [{"code": "not-rated"}]


def test_another_explanation_stays_as_it_is() -> None:
    told = Explanation("composite", None, subject=f"outlet:{UUID(int=1)}").as_json()
    assert stars_told.completed(told, RULES.stars, date(2020, 1, 1)) == told


@pytest.fixture
def outlet(office: Office, clock: Clock) -> Outlet:
    """A village outlet whose half-year is a draft of November."""
    clock.now = datetime(2026, 11, 28, 3, tzinfo=UTC)
    outlets = province.filled(office, months=11, outlets=5)
    for code in (*MONTHS[:5], HALF.code):
        periods.draft(office, SYSTEM, code)
    return next(each for each in outlets if each.tier == Tier.VILLAGE)


def test_the_page_the_json_and_a_trial_say_it(
    client: Callable[[Role], Caller], outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The visits of this province have no items that could have lifted it.
    monkeypatch.setattr(star_lifts, "told_of", lambda *_: Explanation("star-lift", None).as_json())
    hq = client(Role.HQ)
    page = hq.get(f"/figures/2026-H2/{outlet.id}/star").text
    assert page.count("这个月还没有开始") == 2
    assert "有数据的权重不够" not in page
    assert page.count("影响“每月”的门槛") == 1
    assert "按规则允许不达到的 2026-" in page
    assert (
        "had not begun"
        in hq.get(f"/figures/2026-H2/{outlet.id}/star", headers={"Accept-Language": "en"}).text
    )
    assert hq.get(f"/figures/2026-H2/{outlet.id}/star-basis").text.count("这个月还没有开始") == 1
    told = hq.get(f"/api/v1/figures/2026-H2/{outlet.id}/star").get_json()["explanation"]
    assert [each[-1]["code"] for each in notes(told, "composite") if each] == ["not-begun"]
    form = {"base": "v1", "period": "2026-H2", "/stars/gates/0/score": "96"}
    place = hq.post("/what-if", data=form).location
    tried = hq.get(f"{place}/outlets/{outlet.id}").text
    assert tried.count("这个月还没有开始") == 4
    assert "有数据的权重不够" not in tried
