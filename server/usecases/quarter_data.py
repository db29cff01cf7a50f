"""The quarter of a branch or of the province as facts for its report: window score, league, map, weak items, samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlmodel import col, select

from server.domain.indicators import Sum
from server.domain.period_reports import UNITS
from server.domain.periods import Period
from server.domain.rule_parts import plain_figure
from server.domain.units import paths_of
from server.domain.visit import VisitKind
from server.domain.weak_items import target_percent, to_reach
from server.domain.window import Window, window
from server.queries.figures import Counted, Span, by_unit, counted, summed
from server.queries.unit_quarters import UnitQuarter, unit_quarters
from server.reports import period_parts as parts
from server.reports import quarter_facts as quarters
from server.storage.organisation import Tier, Unit, UnitKind
from server.usecases import period_explained, period_followup, period_read, quarter_patrols, quarter_samples
from server.usecases.period_findings import Pictures, findings
from server.usecases.period_read import Read, level_words, percent, score
from server.usecases.work import Work

TREND = 4
"""Quarters in the trend, the report's own included."""
_BANDS = ((0, 60), (60, 70), (70, 80), (80, 85), (85, 90), (90, 95), (95, 100))
_OUTCOMES: Mapping[str, Literal["met", "missed", "few"]] = {
    "met": "met",
    "missed": "missed",
    "too_few": "few",
}


def quarter(work: Work, read: Read, head: parts.Head) -> tuple[quarters.Quarter, Pictures]:
    """Everything that the quarter's report shows, and the files of its photographs."""
    period, say = read.wanted.period, read.say
    branches = unit_quarters(work.connection, period, viewer=read.viewer)
    before = unit_quarters(work.connection, period.back(), viewer=read.viewer)
    scope_: quarters.Scope = UNITS[read.wanted.kind]
    own = branches.get(read.where.path)
    trend = _trend(work, read, scope_)
    shown, pictures = findings(work, read)
    halls = [each.counted for each in read.taken if _of_hall(each.visit.kind, each.counted.tier)]
    if own is not None:
        ours, sums = own.window, own.sums
    else:
        ours, sums = _window(read, period, halls), summed(work.connection, halls)
    level, text = level_words(read, ours.level)
    rules = read.rules
    answered = period_followup.appeals(work, read)
    data = quarters.Quarter(
        head=head,
        scope=scope_,
        unit=read.where.name,
        above=_above(work, read.where.path),
        window=quarters.Window(
            score=score(ours.score),
            level=level,
            text=text,
            visits=ours.visits,
            outlets=ours.halls,
            by=rules.window.score,
            deducted=score(own.after_deduction) if own else None,
            visit_mean=score(ours.visit_score),
            touchpoint=percent(ours.touchpoint_rate),
            previous=trend[0].points[-2].value,
            rank=own.rank if own else None,
            of=own.of if own else None,
        ),
        min_samples=rules.weak_item.min_samples,
        levels=tuple(
            quarters.Term(range=period_read.between(band, say), name=say(period_read.LEVELS[band.level]))
            for band in rules.window.levels
        ),
        targets=tuple(
            quarters.Term(
                range=period_read.places(band, say),
                name=str(plain_figure(band.percent)),
            )
            for band in rules.weak_item.targets
        ),
        deduction=str(plain_figure(rules.weak_item.deduction)),
        checklists=quarter_samples.checklists_used(work, read),
        sampling=quarter_samples.sampling(work, read),
        kinds=period_read.by_kind(read),
        late_visits=quarter_samples.waiting(work, read) if read.inner else 0,
        league=_league(read, branches, before),
        trend=trend,
        sections=_bars(read, sums),
        heat=_heat(work, read, scope_, branches),
        spread=_spread(halls),
        weak=_weak(read, [own] if own else _ranked(branches)),
        patrols=quarter_patrols.patrols(work, read),
        gaps=quarter_patrols.contrasts(work, read),
        gap_least=rules.contrast.least_visits,
        findings=shown,
        appeals_decided=len(answered),
        appeals=tuple(line for line in answered if line.upheld),
        actions=period_followup.actions(work, read),
        evidence=period_read.basis(work, read),
        opened=period_explained.of_quarter(
            work, read, ours.explanation, sums, [own] if own else _ranked(branches)
        ),
    )
    return data, pictures


def _of_hall(kind: VisitKind, tier: str) -> bool:
    return kind is VisitKind.MYSTERY and tier == Tier.OWN_HALL


def _window(read: Read, period: Period, visits: Sequence[Counted]) -> Window:
    figures = [each.figure for each in visits]
    return window(figures, read.rules.window, read.rules.aggregates, read.rules.version)


def _ranked(branches: Mapping[str, UnitQuarter]) -> list[UnitQuarter]:
    return sorted(branches.values(), key=lambda each: (each.rank or 10**6, each.unit_path))


def _league(
    read: Read, branches: Mapping[str, UnitQuarter], before: Mapping[str, UnitQuarter]
) -> tuple[quarters.LeagueRow, ...]:
    rows = []
    for each in _ranked(branches):
        level, text = level_words(read, each.window.level)
        was = before.get(each.unit_path)
        rows.append(
            quarters.LeagueRow(
                rank=each.rank,
                unit=each.name,
                visits=each.window.visits,
                score=score(each.window.score),
                level=level,
                text=text,
                visit_mean=score(each.window.visit_score),
                previous=score(was.window.score) if was else None,
                deducted=score(each.after_deduction),
                own=each.unit_path == read.where.path,
            )
        )
    return tuple(rows)


def _trend(work: Work, read: Read, scope_: quarters.Scope) -> tuple[parts.Line, ...]:
    """The unit's window score, and for a branch the province's beside it, all by the rules of the report's quarter."""
    root = read.where.path.split("/")[0] + "/"
    paths = list(dict.fromkeys((read.where.path, root)))
    points: dict[str, list[parts.Point]] = {path: [] for path in paths}
    for back in range(TREND - 1, -1, -1):
        period = read.wanted.period.back(back)
        span = Span.of(
            period, [VisitKind.MYSTERY], unit_path=root, tiers=[Tier.OWN_HALL.value], viewer=read.viewer
        )
        visits = counted(work.connection, span)
        for path, mine in by_unit(visits, paths).items():
            value = score(_window(read, period, mine).score)
            points[path].append(parts.Point(label=period.code, value=value))
    names = {root: read.say("全省"), read.where.path: read.where.name}
    return tuple(parts.Line(name=names[path], points=tuple(points[path])) for path in paths)


def _bars(read: Read, sums: tuple[Sum, ...]) -> tuple[parts.Mean, ...]:
    return tuple(
        parts.Mean(title=_name(read, each), score=percent(each.ratio), n=each.visits) for each in sums
    )


def _name(read: Read, each: Sum) -> str:
    return each.indicator.zh if read.wanted.language == "zh" else each.indicator.en


def _heat(
    work: Work, read: Read, scope_: quarters.Scope, branches: Mapping[str, UnitQuarter]
) -> quarters.Heat | None:
    """Indicators against branches; for a branch against its counties."""
    if scope_ == "province":
        columns = list(branches.values())
    else:
        counties = unit_quarters(work.connection, read.wanted.period, UnitKind.COUNTY, viewer=read.viewer)
        columns = [each for path, each in counties.items() if path.startswith(read.where.path)]
    columns = [each for each in columns if each.window.visits]
    order: dict[str, Sum] = {}
    for each in columns:
        for one in each.sums:
            order.setdefault(one.indicator.id, one)
    if not order:
        return None
    rows = []
    for name, one in order.items():
        cells = []
        for each in columns:
            found = next((sum_ for sum_ in each.sums if sum_.indicator.id == name), None)
            weak = each.weakest.item is not None and each.weakest.item.indicator.id == name
            cells.append(
                quarters.Cell(
                    value=percent(found.ratio) if found else None, n=found.visits if found else 0, weak=weak
                )
            )
        rows.append(
            quarters.HeatRow(code=name.removeprefix("T-"), title=_name(read, one), cells=tuple(cells))
        )
    return quarters.Heat(
        columns=tuple(each.name.removesuffix("分公司").removesuffix("公司") for each in columns),
        rows=tuple(rows),
    )


def _spread(halls: Sequence[Counted]) -> tuple[parts.Count, ...]:
    scores = [each.figure.score for each in halls if each.figure.score is not None]
    return tuple(
        parts.Count(
            name=f"{low}–{high}" if low else f"<{high}",
            n=sum(low <= value < high or value == high == 100 for value in scores),
        )
        for low, high in _BANDS
    )


def _weak(read: Read, units: list[UnitQuarter]) -> tuple[quarters.WeakLine, ...]:
    found = []
    for each in units:
        if not each.window.visits:
            continue
        item, was = each.weakest.item, each.improvement
        why = {"too_few": "样本太少，没有弱项", "all_full": "各项全部满分，没有弱项", None: ""}
        rank = each.visit_rank or 1
        found.append(
            quarters.WeakLine(
                unit=each.name,
                indicator=_indicator(read, item.indicator.zh, item.indicator.en) if item else None,
                why_none=read.say(why[each.weakest.nothing]) if each.weakest.nothing else "",
                ratio=percent(item.ratio) if item else None,
                n=item.samples if item else 0,
                target=str(plain_figure(target_percent(rank, read.rules.weak_item))) if item else None,
                reach=percent(to_reach(item, rank, read.rules.weak_item)) if item else None,
                before=_indicator(read, was.item.indicator.zh, was.item.indicator.en) if was else None,
                before_ratio=percent(was.item.ratio) if was else None,
                before_reach=percent(was.to_reach) if was else None,
                now=percent(was.ratio) if was else None,
                improvement=percent(was.improvement) if was else None,
                outcome=_OUTCOMES[was.outcome] if was else "none",
                deduction=str(plain_figure(was.deduction)) if was and was.deduction else None,
            )
        )
    return tuple(found)


def _indicator(read: Read, zh: str, en: str) -> str:
    return zh if read.wanted.language == "zh" else en


def _above(work: Work, path: str) -> str:
    units = work.session.exec(
        select(Unit).where(col(Unit.path).in_(paths_of(path)[:-1])).order_by(col(Unit.path))
    )
    return " › ".join(unit.name for unit in units)
