"""Near which lines of the tried rules an outlet lies: every threshold in points that decides about it, within one point.

Lines of stars and of their gates, of pay and refunds, of levels and their entry check, of warning and probation. Classes go by
customers and exits by ranks: of these nobody is within a point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from server.domain.periods import Period
from server.domain.rule_parts import plain_figure
from server.domain.rules import RuleSet
from server.domain.stars import Standing
from server.domain.trials import POINT, Near, Side

Figure = Literal["composite", "mean", "basis"]


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold: its code, the figure that is compared with it, and where it lies, in hundredths."""

    code: str
    figure: Figure
    at: int


class Nearness:
    """The lines of a rule set over a period; what is near a figure is worked out once for each of its values."""

    def __init__(self, rules: RuleSet, period: Period, months: Sequence[str]) -> None:
        self._rules, self._period, self._months = rules, period, months
        self._lines = lines(rules)
        self._known: dict[int, tuple[tuple[str, int, int], ...]] = {}
        self._gate_lines = [
            (
                gate.star,
                _hundredths(gate.perception),
                _hundredths(gate.prohibitions),
                None if gate.quarter is None else _hundredths(gate.quarter),
            )
            for gate in rules.stars.gates
        ]
        self._refund = f"refund-{plain_figure(rules.commission.refund.composite_from)}"

    def of(
        self,
        side: Side,
        standing: Standing | None,
        entry_check: Fraction | None,
        entry: tuple[str, Fraction] | None = None,
        tier: str = "",
    ) -> tuple[Near, ...]:
        """Return the lines near an outlet that decide about it; `standing` is what its star is given by.

        `entry_check` is that of the higher tier, `entry` the one by which it is to begin, with its day; scores of 0..100. A star's
        line is that of the star held or of the one next to it, an upgrade's of who has a tier above and the class asked, a
        downgrade's of who has one below.
        """
        found = list(self._of(side, standing, entry_check, tier))
        if entry is not None:
            day, score = entry
            found += self._at("entry", score, 100, _hundredths(self._rules.decisions.entry.score_from), day)
        return tuple(found)

    def _of(
        self, side: Side, standing: Standing | None, entry_check: Fraction | None, tier: str
    ) -> Iterator[Near]:
        for month, value in zip(self._months, side.composites, strict=True):
            if value is not None:
                yield from (
                    Near(code, month, told, at)
                    for code, told, at in self._composite(value)
                    # Where nothing was withheld nothing can come back.
                    if side.withheld > 0 or code != self._refund
                )
        # Levels go up and down by half-years: no other mean is compared with their lines.
        if self._period.kind == "half_year":
            mean, ladder = side.mean, self._rules.decisions.ladder
            rises = tier in ladder[:-1] and side.outlet_class == self._rules.decisions.upgrade.outlet_class
            if mean is not None:
                decides = {"upgrade": rises, "downgrade": tier in ladder[1:]}
                yield from (each for each in self._near("mean", mean) if decides[each.code])
            if entry_check is not None and rises:
                at = _hundredths(self._rules.decisions.upgrade.entry_check_from)
                yield from self._at("entry-check", entry_check, 100, at)
        if standing is not None:
            if side.basis is not None:
                reached = {f"star-{star}" for star in range(1, 6) if self._decides(star, standing.star)}
                yield from (each for each in self._near("basis", side.basis) if each.code in reached)
            yield from self._gates(standing)

    def _near(self, figure: Figure, value: Fraction | int) -> Iterator[Near]:
        for code, told, at in self._lines_at(figure, value):
            yield Near(code, self._period.code, told, at)

    def _composite(self, value: int) -> tuple[tuple[str, int, int], ...]:
        found = self._known.get(value)
        if found is None:
            found = self._known[value] = self._lines_at("composite", value)
        return found

    def _lines_at(self, figure: Figure, value: Fraction | int) -> tuple[tuple[str, int, int], ...]:
        return tuple(
            (line.code, _told(value, line.at), line.at)
            for line in self._lines
            if line.figure == figure and _is_near(value, line.at)
        )

    def _at(self, code: str, value: Fraction, scale: int, at: int, period: str = "") -> Iterator[Near]:
        """Yield the line if `value`, times `scale` in hundredths, is near it; in integers, for there are many."""
        part, whole = value.numerator * scale, value.denominator
        if -POINT * whole <= part - at * whole <= POINT * whole:
            told = part // whole if part < at * whole else -(-part // whole)
            yield Near(code, period or self._period.code, told, at)

    def _gates(self, standing: Standing) -> Iterator[Near]:
        stars = self._rules.stars
        # Spells are rounded to hundredths.
        known = sorted(
            (value.numerator * 100 // value.denominator, code)
            for code, value in standing.spells.items()
            if value is not None
        )
        rest = known[stars.excused_months if standing.agent else 0 :]
        for gate, perception, prohibitions, quarter in self._gate_lines:
            if not self._decides(gate, standing.star):
                continue
            if standing.perception is not None:
                yield from self._at(f"perception-{gate}", standing.perception, 10_000, perception)
            if standing.prohibitions is not None:
                yield from self._at(f"prohibitions-{gate}", standing.prohibitions, 100, prohibitions)
            if quarter is not None and rest and _is_near(rest[0][0], quarter):
                yield Near(f"spell-{gate}", rest[0][1], rest[0][0], quarter)

    def _decides(self, star: int, held: int | None) -> bool:
        """Whether it is the star that is held, whose failing gate is a risk, or one that may be reached."""
        return star <= self._rules.stars.first_at_most if held is None else held <= star <= held + 1


def lines(rules: RuleSet) -> tuple[Line, ...]:
    """Return the lines of stars, pay, refunds and decisions, the highest of each sort first."""
    found = [Line(f"star-{gate.star}", "basis", _hundredths(gate.score)) for gate in rules.stars.gates]
    edges = {edge for band in rules.commission.pay_factors for edge in (band.begins, band.ends) if edge}
    bounds = sorted({at for at, _ in edges if 0 < at < 100}, reverse=True)
    found += [Line(f"pay-{plain_figure(at)}", "composite", _hundredths(at)) for at in bounds]
    refund = rules.commission.refund.composite_from
    found.append(Line(f"refund-{plain_figure(refund)}", "composite", _hundredths(refund)))
    found.append(Line("warning", "composite", _hundredths(rules.decisions.warning.composite_below)))
    found.append(Line("probation", "composite", _hundredths(rules.decisions.warning.probation_below)))
    found.append(Line("upgrade", "mean", _hundredths(rules.decisions.upgrade.composite_from)))
    found.append(Line("downgrade", "mean", _hundredths(rules.decisions.downgrade.composite_below)))
    return tuple(found)


def window_lines(rules: RuleSet) -> tuple[int, ...]:
    """Return where the levels of a branch's window score begin, in hundredths, the highest first."""
    begins = {level.begins[0] for level in rules.window.levels if level.begins and level.begins[0] > 0}
    return tuple(_hundredths(Fraction(at)) for at in sorted(begins, reverse=True))


def _is_near(value: Fraction | int, at: int) -> bool:
    return -POINT <= value - at <= POINT


def _told(value: Fraction | int, at: int) -> int:
    # A figure just below a line must not be told as one that reaches it.
    return floor(value) if value < at else ceil(value)


def _hundredths(value: Fraction) -> int:
    return int(value * 100)
