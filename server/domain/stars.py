"""The star rating of a period: up by gates, down by score or veto, at risk, yellow card (handbook 2.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Literal

from server.domain.explain import Explanation, Later, Named, Note, named, note
from server.domain.periods import Period, months_later
from server.domain.rules_stars import Gate, Stars, VetoEffect

Tested = Literal["score", "quarter", "perception", "prohibitions", "clean_months"]


@dataclass(frozen=True, slots=True)
class Veto:
    """A proven veto item of an outlet: its code, its class and its day.

    `late`: it was proven after the rating of its own period was published, and this rating is the first after that.
    `imported` is the number of the import that it came with; None: it was entered by hand.
    """

    code: str
    veto_class: Literal[1, 2]
    day: date
    late: bool = False
    imported: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an outlet in a period; scores are of 100, `perception` is a rate of 1, None: no data.

    `basis` is the rounded figure of the period, `spells` those of its quarters (own halls) or months (agents) by code.
    `star` is the one held before (None: never rated). `reached_before` is, for the periods just before this one,
    the latest first, the highest star whose gates were all passed. `since` is the first day of the outlet.
    """

    basis: Fraction | None
    spells: Mapping[str, Fraction | None]
    agent: bool
    perception: Fraction | None
    prohibitions: Fraction | None
    vetoes: Sequence[Veto]
    star: int | None
    reached_before: Sequence[int]
    since: date | None


@dataclass(frozen=True, slots=True)
class GateTest:
    """One demand of a star: what was there, what is asked, and whether it is passed; None: no data, which passes."""

    name: Tested
    found: Fraction | int | None
    asked: Fraction | int
    passed: bool | None


@dataclass(frozen=True, slots=True)
class Rating:
    """The proposed star of a period; 0 is none, None: not rated.

    `reached` is the highest star whose gates are all passed, whatever may be given; None: the period was not rated, and so is
    none of periods running. `at_risk`: a gate of the star that is kept fails. `yellow`: the quarters (agents: none) under
    the line of the star held, while the period is not.
    """

    star: int | None
    before: int | None
    reached: int | None
    at_risk: bool
    yellow: tuple[str, ...]
    why: Later

    @property
    def explanation(self) -> Explanation:
        """The demands of every star, the spells, and the vetoes."""
        return self.why()


def rate(standing: Standing, period: Period, rules: Stars, version: int) -> Rating:
    """Return the proposal for a period. Nothing is given here: a draft stands open, and a person publishes it."""
    gates = {gate.star: gate for gate in rules.gates}
    tests = {star: gate_tests(standing, period, gate, rules) for star, gate in sorted(gates.items())}
    reached = None if _unrated(standing, period, rules) else highest(tests)
    notes: list[Note] = []
    star = _star(standing, period, rules, reached, notes)
    held = gates.get(star or 0)
    kept = held is not None and star == standing.star
    at_risk = kept and any(test.passed is False for test in tests[star or 0])
    yellow = _yellow(standing, gates)
    if at_risk:
        notes.append(note("at-risk", star=star))
    notes += [note("yellow-card", quarter=code) for code in yellow]

    def explained() -> Explanation:
        return Explanation(
            "star",
            star,
            named(
                {
                    "basis": standing.basis,
                    "held": standing.star,
                    "reached": reached,
                    "perception": standing.perception,
                    "prohibition_score": standing.prohibitions,
                }
            ),
            named({"first_at_most": rules.first_at_most, "running": rules.running.periods}),
            tuple(notes),
            (
                *(_explained(level, each) for level, each in tests.items()),
                *(
                    Explanation("spell", value, named({"period": code}))
                    for code, value in sorted(standing.spells.items())
                ),
                *(
                    Explanation("veto", each.veto_class, _entered(each))
                    for each in sorted(standing.vetoes, key=lambda one: (one.day, one.code, one.veto_class))
                ),
            ),
            f"period:{period.code}",
            version,
        )

    return Rating(star, standing.star, reached, at_risk, yellow, Later(explained))


def gate_tests(standing: Standing, period: Period, gate: Gate, rules: Stars) -> tuple[GateTest, ...]:
    """Return every demand of a star with what the outlet has; one without data passes and is marked."""
    tests = [_at_least("score", standing.basis, gate.score)]
    if gate.quarter is not None:
        left_out = excused(standing.spells, rules) if standing.agent else ()
        rest = [
            value for code, value in standing.spells.items() if value is not None and code not in left_out
        ]
        tests.append(_at_least("quarter", min(rest, default=None), gate.quarter))
    percent = None if standing.perception is None else standing.perception * 100
    tests.append(_at_least("perception", percent, gate.perception))
    tests.append(_at_least("prohibitions", standing.prohibitions, gate.prohibitions))
    dirty = [each for each in standing.vetoes if within(each, gate.clean_months, period)]
    tests.append(GateTest("clean_months", len(dirty), gate.clean_months, not dirty))
    return tuple(tests)


def excused(months: Mapping[str, Fraction | None], rules: Stars) -> tuple[str, ...]:
    """Return the months in which an agent may fall short, by code: the worst of those rated, of equal ones the earliest."""
    known = sorted((value, code) for code, value in months.items() if value is not None)
    return tuple(sorted(code for _, code in known[: rules.excused_months]))


def highest(tests: Mapping[int, Sequence[GateTest]]) -> int:
    """Return the highest star all whose gates are passed, with those of every star below it; 0 for none."""
    reached = 0
    for star in sorted(tests):
        if any(test.passed is False for test in tests[star]):
            break
        reached = star
    return reached


def within(veto: Veto, months: int, period: Period) -> bool:
    """Tell whether a veto lies within the last so many months before the period's end."""
    return veto.day < period.after <= months_later(veto.day, months)


def proven_late(day: date, entered: datetime, period: Period, published: Mapping[str, datetime]) -> bool:
    """Tell whether a veto was entered after the rating of its own period was published, and no other came before this one.

    `published` has of each earlier rating that stands when it was published, by its period.
    """
    own = Period.of(period.kind, day)
    earlier = [own]
    while earlier[-1].back(-1).first < period.first:
        earlier.append(earlier[-1].back(-1))
    known = [published[each.code] for each in earlier if each.code in published]
    return own.first < period.first and own.code in published and all(when <= entered for when in known)


def _at_least(name: Tested, found: Fraction | None, asked: Fraction) -> GateTest:
    return GateTest(name, found, asked, None if found is None else found >= asked)


def _unrated(standing: Standing, period: Period, rules: Stars) -> bool:
    """Tell whether an outlet has no figure in the period, or is too new for its first rating."""
    return standing.basis is None or _too_new(standing, period, rules)


def _too_new(standing: Standing, period: Period, rules: Stars) -> bool:
    return (
        standing.star is None
        and standing.since is not None
        and period.after < months_later(standing.since, rules.new_months)
    )


def _star(
    standing: Standing, period: Period, rules: Stars, reached: int | None, notes: list[Note]
) -> int | None:
    """The star that follows, with what decided it added to the notes."""
    held = standing.star or 0
    fresh = [each for each in standing.vetoes if _takes(each, held, period, rules)]
    if standing.basis is None:
        notes.append(note("not-rated"))
        kept = standing.star
        return _vetoed(held, fresh, rules, notes) if fresh and kept is not None else kept
    if reached is None:
        notes.append(note("too-new", since=standing.since, months=rules.new_months))
        return None
    closed = any(within(each, _effect(each, rules).closed_months, period) for each in standing.vetoes)
    if closed or (fresh and standing.star is not None):
        if closed:
            notes.append(note("closed-by-veto"))
        after = _down(held, standing.basis, rules, notes)
        return _vetoed(after, fresh, rules, notes)
    if standing.star is None:
        first = _with_running(0, min(reached, rules.first_at_most), standing, rules, notes)
        notes.append(note("first-rating", star=first))
        return first
    lower = _down(held, standing.basis, rules, notes)
    if lower < held or reached <= held:
        return lower
    up = _with_running(held, held + 1, standing, rules, notes)
    if up > held:
        notes.append(note("up", star=up))
    return up


def _down(held: int, basis: Fraction, rules: Stars, notes: list[Note]) -> int:
    line = next((gate.score for gate in rules.gates if gate.star == held), None)
    if line is None or basis >= line:
        return held
    notes.append(note("down-by-score", line=line))
    return held - 1


def _takes(veto: Veto, held: int, period: Period, rules: Stars) -> bool:
    """Tell whether the veto's stars are taken now: it lies in the period, or no rating before has taken them.

    While a class-1 veto keeps an outlet from stars, whoever still holds some was not rated since it was proven.
    """
    barred = veto.veto_class == 1 and within(veto, _effect(veto, rules).closed_months, period)
    return period.holds(veto.day) or veto.late or (barred and held > 0)


def _vetoed(star: int, fresh: Sequence[Veto], rules: Stars, notes: list[Note]) -> int:
    for each in sorted(fresh, key=lambda one: (one.day, one.code, one.veto_class)):
        off = _effect(each, rules).stars_off
        notes.append(note("stars-off-by-veto", veto=each.code, stars=off))
        star = max(0, star - off)
    return star


def _with_running(held: int, star: int, standing: Standing, rules: Stars, notes: list[Note]) -> int:
    """The star, or the one below those that need more periods running than there were; one that is held asks for none."""
    while star > held and star >= rules.running.from_star:
        before = standing.reached_before[: rules.running.periods - 1]
        if len(before) == rules.running.periods - 1 and all(reached >= star for reached in before):
            break
        notes.append(note("needs-periods-running", star=star, periods=rules.running.periods))
        star -= 1
    return star


def _effect(veto: Veto, rules: Stars) -> VetoEffect:
    return rules.vetoes.class_1 if veto.veto_class == 1 else rules.vetoes.class_2


def _yellow(standing: Standing, gates: Mapping[int, Gate]) -> tuple[str, ...]:
    """The quarters of an own hall under the line of its star, in a period that is not."""
    gate = gates.get(standing.star or 0)
    if gate is None or standing.agent or standing.basis is None or standing.basis < gate.score:
        return ()
    return tuple(
        code for code, value in sorted(standing.spells.items()) if value is not None and value < gate.score
    )


def _explained(star: int, tests: Sequence[GateTest]) -> Explanation:
    parts = tuple(
        Explanation(
            f"gate-{test.name}",
            test.passed,
            named({"vetoes" if test.name == "clean_months" else "found": test.found}),
            # What is found are vetoes, and what is asked for months: neither is to be read as the other.
            named({test.name if test.name == "clean_months" else "asked": test.asked}),
            (note("no-data-passes"),) if test.passed is None else (),
        )
        for test in tests
    )
    return Explanation(
        "gates", all(test.passed is not False for test in tests), named({"star": star}), parts=parts
    )


def _entered(veto: Veto) -> Named:
    from_file = named({"import": veto.imported}) if veto.imported else ()
    return (*named({"code": veto.code, "day": veto.day}), *from_file)
