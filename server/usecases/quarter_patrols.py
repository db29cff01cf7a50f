"""Patrols in a quarter's report, and what is right only when somebody looks: covert against announced (handbook 2.16)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from uuid import UUID

from sqlmodel import col, select

from server.domain.aggregates import mean, patrol_mean
from server.domain.contrast import gaps
from server.domain.explain import Explanation
from server.domain.indicators import Indicator, catalogue, unpack
from server.domain.visit import VisitKind
from server.queries import checklists
from server.queries.figures import Counted, Span, by_unit, counted, units
from server.reports import quarter_facts as quarters
from server.storage.organisation import Outlet, UnitKind
from server.usecases.period_read import Read, score
from server.usecases.work import Work

MOST = 10
"""Gaps that a report shows, the most negative ones."""
_Samples = dict[tuple[str, str], list[Fraction]]


def patrols(work: Work, read: Read) -> tuple[quarters.PatrolLine, ...]:
    """The mean of the patrol days: of a province by branch, as the mean of its halls' means; of a branch by hall.

    Whether a hall was open on a day without a patrol is not known here, so that only days with one count.
    """
    found = _patrols(work, read)
    days: dict[str, set[object]] = defaultdict(set)
    figures = defaultdict(list)
    for each in found:
        days[each.figure.outlet].add(each.figure.day)
        figures[each.figure.outlet].append(each.figure)
    rules = read.rules.aggregates.patrol_day
    means = {outlet: patrol_mean(mine, rules)[0] for outlet, mine in figures.items()}
    if read.wanted.kind == "province_quarter":
        names = units(work.connection, UnitKind.BRANCH, read.where.path)
        groups = {
            names[path]: {v.figure.outlet for v in mine} for path, mine in by_unit(found, names).items()
        }
    else:
        groups = {name: {outlet} for outlet, name in _names(work, means).items()}
    return tuple(
        quarters.PatrolLine(
            unit=name,
            halls=len(halls),
            days=sum(len(days[hall]) for hall in halls),
            mean=score(mean(means[hall] for hall in sorted(halls))),
        )
        for name, halls in groups.items()
        if halls
    )


def patrol_whys(work: Work, read: Read) -> list[tuple[str, Explanation]]:
    """How the mean of each hall of the unit came about, day by day, by the hall's code and name."""
    figures = defaultdict(list)
    for each in _patrols(work, read):
        figures[each.figure.outlet].append(each.figure)
    rules = read.rules.aggregates.patrol_day
    return [
        (name, patrol_mean(figures[outlet], rules)[1].under(read.rules.version))
        for outlet, name in _names(work, figures).items()
    ]


def contrasts(work: Work, read: Read) -> tuple[quarters.GapLine, ...]:
    """Where an outlet earns less of an indicator in covert visits than in announced ones and patrols, worst first."""
    rules = read.rules.contrast
    covert = [each.counted for each in read.taken if each.visit.kind is VisitKind.MYSTERY]
    often = Counter(each.figure.outlet for each in covert)
    outlets = {outlet for outlet, visits in often.items() if visits >= rules.least_visits}
    if not outlets:
        return ()
    announced = [each.counted for each in read.taken if each.visit.kind is VisitKind.ANNOUNCED]
    indicators: dict[str, Indicator] = {}
    found = gaps(
        _samples(work, (each for each in covert if each.figure.outlet in outlets), indicators),
        _samples(
            work,
            (each for each in (*announced, *_patrols(work, read)) if each.figure.outlet in outlets),
            indicators,
        ),
        rules,
        read.rules.version,
    )
    shown = [gap for gap in found if gap.gap < 0][:MOST]
    names = _names(work, [gap.outlet for gap in shown])
    language = read.wanted.language
    return tuple(
        quarters.GapLine(
            outlet=names[gap.outlet],
            indicator=getattr(indicators[gap.indicator], language),
            gap=score(gap.gap) or "",
            covert=score(gap.covert) or "",
            announced=score(gap.announced) or "",
            covert_visits=gap.covert_visits,
            announced_visits=gap.announced_visits,
        )
        for gap in shown
    )


def _patrols(work: Work, read: Read) -> list[Counted]:
    span = Span.of(read.wanted.period, [VisitKind.PATROL], unit_path=read.where.path, viewer=read.viewer)
    return counted(work.connection, span)


def _samples(work: Work, visits: Iterable[Counted], indicators: dict[str, Indicator]) -> _Samples:
    """The ratio of each visit by outlet and indicator; touchpoints of two checklists are not the same thing."""
    found: _Samples = defaultdict(list)
    for visit in visits:
        listed = catalogue(checklists.compiled(work.connection, *visit.checklist))
        for indicator, (earned, full) in zip(listed, unpack(visit.packed), strict=True):
            if not full:
                continue
            name = indicator.id
            if indicator.kind == "touchpoints":
                name = f"{visit.checklist[0]}:{name}"
            indicators.setdefault(name, indicator)
            found[visit.figure.outlet, name].append(Fraction(earned, full))
    return found


def _names(work: Work, outlets: Sequence[str] | Mapping[str, object]) -> dict[str, str]:
    """Code and name of outlets by their ids, in the order of the codes."""
    wanted = {UUID(each) for each in outlets}
    rows = work.session.exec(select(Outlet).where(col(Outlet.id).in_(wanted)).order_by(col(Outlet.code)))
    return {str(outlet.id): f"{outlet.code} {outlet.name}" for outlet in rows}
