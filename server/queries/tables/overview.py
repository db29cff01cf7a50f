"""The columns of the overview's league: what lies below a unit, with its ranks and figures."""

from __future__ import annotations

from fractions import Fraction

from server.domain.exact import half_up
from server.domain.tables import Column, Holds
from server.queries import figure_words
from server.queries.overview import RATES
from server.queries.overview_league import League, Line


def league(of: League, language: str) -> tuple[Column[Line], ...]:
    """The league of a unit; the other figures of the page are columns of the same table."""
    figures = [code for code in (of.figure, *of.others) if code]
    return (
        Column("名次", lambda row, say: row.rank, Holds.WHOLE),
        Column("单位" if of.kind != "outlet" else "网点", lambda row, say: row.member.name),
        Column("网点数", lambda row, say: row.member.outlets, Holds.WHOLE),
        Column("上期名次", lambda row, say: row.rank_before, Holds.WHOLE),
        *(_figure(of, code, language) for code in figures),
    )


def _figure(of: League, code: str, language: str) -> Column[Line]:
    def read(row: Line, say: object) -> int | None:
        return _hundredths(code, row.value if code == of.figure else row.others[code])

    holds = Holds.PERCENT if code in RATES else Holds.HUNDREDTHS
    return Column(figure_words.figure_name(code, language), read, holds)


def _hundredths(code: str, value: Fraction | None) -> int | None:
    return None if value is None else half_up(value * (10_000 if code in RATES else 100))
