"""Proposals about outlets: upgrade, downgrade, warning, probation, exit, entry, class (handbook 2.9, S4 p.23).

The engine proposes and never decides: a person approves, holds or rejects, and nothing here changes an outlet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from server.domain.aggregates import mean
from server.domain.explain import Explanation, Later, Value, named, note
from server.domain.month_counts import Counts, origin
from server.domain.periods import Period
from server.domain.ranks import Scores, among_last
from server.domain.rules_pay import Classes
from server.domain.rules_stars import Decisions

Kind = Literal["upgrade", "downgrade", "warning", "probation", "exit", "entry"]
OutletClass = Literal["A", "B", "C"]
UNCLASSED: OutletClass = "C"
"""Of whom too few months are known is in this class (handbook 2.9)."""


@dataclass(frozen=True, slots=True)
class HalfYear:
    """An agent's half-year: its class, its monthly composites by month (None: not rated), and its vetoes by class.

    `rated_percent` of its months must be rated, as for its stars; with fewer it has no mean.
    """

    code: str
    outlet_class: str
    composites: Mapping[str, Fraction | None]
    vetoes: Sequence[Literal[1, 2]] = ()
    rated_percent: Fraction = Fraction(0)

    @property
    def mean(self) -> Fraction | None:
        """The mean of the rated months, unrounded."""
        rated = sum(value is not None for value in self.composites.values())
        enough = rated * 100 >= self.rated_percent * len(self.composites)
        return mean(value for _, value in sorted(self.composites.items())) if enough else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whether the rule's conditions hold, each as a part of the explanation; `to` is the tier it leads to."""

    kind: Kind
    holds: bool
    to: str | None
    why: Later

    @property
    def explanation(self) -> Explanation:
        """The conditions with what was found of each."""
        return self.why()


class _Condition(NamedTuple):
    """One condition of a rule: what was found, whether it holds, what is asked, and of which period."""

    name: str
    found: Value
    holds: bool
    asked: Value = None
    period: str = ""

    def explained(self) -> Explanation:
        limits = named({"asked": self.asked}) if self.asked is not None else ()
        of = f"period:{self.period}" if self.period else ""
        return Explanation(self.name, self.holds, named({"found": self.found}), limits, subject=of)


@dataclass(frozen=True, slots=True)
class Group:
    """The composites of all outlets of a company or department in a year or month, this outlet among them."""

    code: str
    scores: Scores


def upgrade(
    tier: str, half_years: Sequence[HalfYear], entry_check: Fraction | None, rules: Decisions, version: int
) -> Proposal:
    """Return the proposal of the next higher tier.

    `half_years` come with the latest last; `entry_check` is the score of the higher tier's checklist (None: none).
    """
    ladder, rule = rules.ladder, rules.upgrade
    to = next((above for below, above in pairwise(ladder) if below == tier), None)
    last = _running(half_years)[-rule.half_years :]
    conditions = [_Condition("higher-tier", to, to is not None)]
    conditions.append(_Condition("half-years", len(last), len(last) >= rule.half_years, rule.half_years))
    for each in last:
        own = each.mean
        holds = own is not None and own >= rule.composite_from
        conditions.append(
            _Condition(
                "class",
                each.outlet_class,
                each.outlet_class == rule.outlet_class,
                rule.outlet_class,
                each.code,
            )
        )
        conditions.append(_Condition("mean-composite", own, holds, rule.composite_from, each.code))
        conditions.append(_Condition("no-veto", len(each.vetoes), not each.vetoes, None, each.code))
    passed = entry_check is not None and entry_check >= rule.entry_check_from
    conditions.append(_Condition("entry-check", entry_check, passed, rule.entry_check_from))
    return _proposal("upgrade", all, conditions, to, version)


def _running(half_years: Sequence[HalfYear]) -> list[HalfYear]:
    """The latest half-years that follow each other without a gap."""
    last = list(half_years[-1:])
    for each in reversed(half_years[:-1]):
        if Period.read(each.code).back(-1).code != last[0].code:
            break
        last.insert(0, each)
    return last


def downgrade(tier: str, half_year: HalfYear, rules: Decisions, version: int) -> Proposal:
    """Return the proposal of the next lower tier: a low half-year or a class-1 veto; none below the lowest."""
    ladder = rules.ladder
    to = next((below for below, above in pairwise(ladder) if above == tier), None)
    own = half_year.mean
    line = rules.downgrade.composite_below
    conditions = [
        _Condition("mean-composite", own, own is not None and own < line, line, half_year.code),
        _Condition("class-1-veto", half_year.vetoes.count(1), 1 in half_year.vetoes, None, half_year.code),
    ]
    return _proposal("downgrade", any, conditions, to, version, possible=to is not None)


def warning(months: Sequence[tuple[str, Fraction | None]], rules: Decisions, version: int) -> Proposal:
    """Return the proposal of a correction plan: the last months running below the line; an unrated one breaks the run."""
    rule = rules.warning
    last = list(months)[-rule.months :]
    conditions = [_Condition("months", len(last), len(last) >= rule.months, rule.months)]
    conditions += [
        _Condition(
            "composite", value, value is not None and value < rule.composite_below, rule.composite_below, code
        )
        for code, value in last
    ]
    return _proposal("warning", all, conditions, None, version)


def probation(composite: Fraction | None, grave_fails: int, rules: Decisions, version: int) -> Proposal:
    """Return the proposal of probation for a month: a grave fail, or a very low composite."""
    line = rules.warning.probation_below
    conditions = [
        _Condition("composite", composite, composite is not None and composite < line, line),
        _Condition("grave-fails", grave_fails, grave_fails > 0),
    ]
    return _proposal("probation", any, conditions, None, version)


def exit_(
    outlet: str, company_year: Group, department_months: Sequence[Group], rules: Decisions, version: int
) -> Proposal:
    """Return the proposal of exit (直接淘汰): among the last of the year, and of too many of its months.

    A month in which the department has no last k does not count.
    """
    rule = rules.exit
    last = among_last(company_year.scores, rule.company_last)
    in_year = last is not None and outlet in last
    months = [
        (month, among_last(month.scores, rule.department_last))
        for month in sorted(department_months, key=lambda group: group.code)
    ]
    count = sum(outlet in mine for _, mine in months if mine is not None)
    conditions = [
        _Condition("among-last-of-company", in_year, in_year, rule.company_last, company_year.code),
        _Condition("months-among-last", count, count > rule.more_than_months, rule.more_than_months),
    ]
    found = _proposal("exit", all, conditions, None, version)

    def explained() -> Explanation:
        why = found.explanation
        parts = (_in_department(outlet, month, mine, rule.department_last) for month, mine in months)
        return replace(why, parts=(*why.parts, *parts))

    return replace(found, why=Later(explained))


def _in_department(outlet: str, month: Group, last: Collection[str] | None, asked: int) -> Explanation:
    ranked = sum(score is not None for score in month.scores.values())
    return Explanation(
        "among-last-of-department",
        last is not None and outlet in last,
        named({"composite": month.scores.get(outlet), "outlets": ranked}),
        named({"last": asked}),
        (note("group-too-small", outlets=ranked),) if last is None else (),
        subject=f"period:{month.code}",
    )


def entry(
    score: Fraction | None, violated: Sequence[str], rules: Decisions, version: int, *, papers: bool
) -> Proposal:
    """Return the proposal of entry (准入): the entry check's score, no violated prohibition, papers and certificates."""
    line = rules.entry.score_from
    conditions = [
        _Condition("entry-check", score, score is not None and score >= line, line),
        _Condition("violated-prohibitions", " ".join(violated), not violated),
        _Condition("papers", papers, papers),
    ]
    return _proposal("entry", all, conditions, None, version)


def outlet_class(
    tier: str,
    setting: str,
    customers: Mapping[str, int],
    rules: Classes,
    version: int,
    counts: Counts | None = None,
) -> tuple[OutletClass, Explanation]:
    """Return the class of an outlet by the mean of its monthly distinct customers, by month (handbook 03).

    Thresholds are multiplied by the setting's factor; fewer months than asked: class C. `counts` are the same customers
    as they were taken in, for the explanation alone.
    """
    thresholds, factor = rules.thresholds[tier], rules.setting_factors[setting]
    line_a, line_b = thresholds.A * factor, thresholds.B * factor
    own = Fraction(sum(customers.values()), len(customers)) if customers else None
    few = len(customers) < rules.least_months
    found: OutletClass = UNCLASSED
    if own is not None and not few:
        found = "A" if own >= line_a else "B" if own >= line_b else "C"
    why = Explanation(
        "outlet-class",
        found,
        named({"tier": tier, "setting": setting, "months": len(customers), "mean_customers": own}),
        named({"A": line_a, "B": line_b, "least_months": rules.least_months}),
        (note("too-few-months", months=len(customers)),) if few else (),
        tuple(
            Explanation("customers", count, origin(counts or {}, "customers", code), subject=f"period:{code}")
            for code, count in sorted(customers.items())
        ),
        rules=version,
    )
    return found, why


def _proposal(
    kind: Kind,
    join: Callable[[Iterable[object]], bool],
    conditions: Sequence[_Condition],
    to: str | None,
    version: int,
    *,
    possible: bool = True,
) -> Proposal:
    holds = possible and join(each.holds for each in conditions)

    def explained() -> Explanation:
        return Explanation(
            f"proposal-{kind}",
            holds,
            named({"to": to} if to else {}),
            notes=() if possible else (note("no-lower-tier"),),
            parts=tuple(each.explained() for each in conditions),
            rules=version,
        )

    return Proposal(kind, holds, to, Later(explained))
