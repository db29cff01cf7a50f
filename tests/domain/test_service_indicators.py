"""The six service-operation indicators of units: targets, sources by outlet, parts below."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from server.domain.explain import Explanation
from server.domain.service_indicators import Counted, Summed, chosen, of_unit, outlet_part
from tests.standards import RULES


def summed(*outlets: Iterable[Counted]) -> Summed:
    """What outlets come to; each is handed in with its counts."""
    found = Summed()
    for number, counted in enumerate(outlets):
        for one in chosen(counted):
            found.add(one)
            found.parts.append(outlet_part(one, f"o{number}"))
    return found


def told(code: str, *outlets: Iterable[Counted]) -> Explanation:
    return of_unit(code, summed(*outlets), RULES.indicators, 1)


@pytest.mark.parametrize(("part", "met"), [(9500, False), (9501, True)])
def test_a_target_is_met_above_it_and_not_at_it(part: int, met: bool) -> None:
    found = told("csat_hall", [Counted("csat_hall", "survey", part, 10_000)])
    assert dict(found.inputs)["met"] is met
    none = told("csat_hall")
    assert (none.value, dict(none.inputs)["met"], none.codes()) == (None, None, {"no-data"})


def test_a_log_outranks_visits_of_its_own_outlet_and_of_no_other() -> None:
    logged = [
        Counted("waiting_on_time", "visits", 0, 100, 0),
        Counted("waiting_on_time", "log", 96, 100, 90, imported=7),
    ]
    timed = [Counted("waiting_on_time", "visits", 1, 1, 1), Counted("waiting_on_time", "visits", 0, 1, 1)]
    found = told("waiting_on_time", logged, timed, [])
    inputs = dict(found.inputs)
    assert (inputs["part"], inputs["whole"], inputs["source"], inputs["outlets"]) == (97, 102, "mixed", 2)
    assert inputs["beside"] == summed(logged, timed).beside
    assert found.codes() == {"sources-by-outlet", "source-outranks"}
    assert [(part.subject, dict(part.inputs)["source"]) for part in found.parts] == [
        ("outlet:o0", "log"),
        ("outlet:o1", "visits"),
    ]
    assert dict(found.parts[0].inputs)["import"] == 7
    assert told("waiting_on_time", logged[::-1], timed) == found


def test_a_log_of_nobody_leaves_the_visits() -> None:
    found = summed([Counted("waiting_on_time", "log", 0, 0), Counted("waiting_on_time", "visits", 1, 1)])
    assert (found.source, found.whole, found.beside) == ("visits", 1, None)
