"""The appendix of a period report: each of its figures opened into rule set, inputs, thresholds, what was missing, and items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from server.domain.aggregates import outlet_mean
from server.domain.explain import Explanation
from server.domain.indicators import Sum
from server.domain.periods import Period
from server.domain.visit import SHANGHAI, VisitDocument
from server.domain.visit_explained import visit_explained
from server.domain.weak_items import listed
from server.queries import (
    checklists,
    explained,
    explanations_seen,
    figure_words,
    period_reports,
    releases,
    results,
    stars_told,
    words,
)
from server.queries.explained import Node
from server.queries.results import STANDING
from server.queries.rules import rule_set
from server.queries.unit_quarters import UnitQuarter
from server.reports.opened import Opened, Step
from server.storage.periods import PeriodRow
from server.storage.visits import Revision
from server.usecases import quarter_patrols, star_lifts
from server.usecases.period_findings import results_of
from server.usecases.period_read import Read, Taken
from server.usecases.work import Work


def of_month(
    work: Work,
    read: Read,
    sums: Sequence[Sum],
    composite: Mapping[str, Any] | None,
    rated: PeriodRow | None,
) -> tuple[Opened, ...]:
    """An outlet's month: the composite as it was told, the means, the indicators, the stars that stand, and every visit to
    its items, also those before the month that a part of the composite was taken from."""
    found = [] if composite is None else [_seen(work, read, composite, read.wanted.period.code)]
    for kind in period_reports.COUNTS:
        mine = [each.counted.figure for each in read.taken if each.visit.kind is kind]
        if mine:
            why = outlet_mean(mine, "visit-mean")[1].under(read.rules.version)
            found.append(figure(work, read, why, about=read.say(words.KINDS[kind.value])))
    if sums:
        found.append(_indicators(work, read, sums))
    if rated is not None:
        found.append(_star(work, read, rated))
    found += _visits(work, read, whole=True)
    return tuple(found)


def of_quarter(
    work: Work,
    read: Read,
    window: Explanation,
    sums: Sequence[Sum],
    branches: Sequence[UnitQuarter],
) -> tuple[Opened, ...]:
    """A unit's quarter: window score, indicators, weak items and what became of them, patrols.

    A branch's report goes on to each visit and the items that it lost points on, the province's to the visits.
    """
    found = [figure(work, read, window, about=read.where.name), _indicators(work, read, sums)]
    alone = len(branches) == 1 and branches[0].unit_path == read.where.path
    for each in branches:
        if not each.window.visits:
            continue
        # All indicators stand above for the branch, and in the map for the province, each with its samples.
        found.append(figure(work, read, each.weakest.explanation, about=each.name, depth=0))
        if each.improvement is not None:
            found.append(figure(work, read, each.improvement.explanation, about=each.name))
    if alone:
        found += [
            figure(work, read, why, about=name, depth=0)
            for name, why in quarter_patrols.patrol_whys(work, read)
        ]
        found += _visits(work, read, whole=False)
    return tuple(found)


def rating(work: Work, read: Read) -> tuple[PeriodRow, int] | None:
    """The latest published rating of the outlet that ended with the report's month or before, and its stars."""
    after = read.wanted.period.after
    rows = results.periods(work.connection, read.viewer)
    for row in sorted(rows, key=lambda each: Period.read(each.code).last, reverse=True):
        period = Period.read(row.code)
        if row.state not in STANDING or period.after > after:
            continue
        given = results.results(
            work.connection, read.viewer, row.code, ["star"], [str(read.where.id)], states=STANDING
        )
        if given:
            return (row, int(given[0].value)) if given[0].value is not None else None
    return None


def figure(work: Work, read: Read, why: Explanation, *, about: str = "", depth: int = 9) -> Opened:
    """A figure with its parts down to this depth; the tree for programs is whole."""
    return _opened(work, read, why.as_json(), read.wanted.period.code, about, depth)


def _opened(
    work: Work,
    read: Read,
    told: dict[str, Any],
    period: str,
    about: str = "",
    depth: int = 9,
    named: Mapping[str, tuple[str, str]] | None = None,
) -> Opened:
    # Owners read the report too, so it tells of imports what everybody may know.
    told = explanations_seen.for_viewer(work.connection, read.viewer, told, whole=False)
    return _seen(work, read, told, period, about, depth, named)


def _seen(
    work: Work,
    read: Read,
    told: Mapping[str, Any],
    period: str,
    about: str = "",
    depth: int = 9,
    named: Mapping[str, tuple[str, str]] | None = None,
) -> Opened:
    node = explained.tree(work.connection, read.viewer, told, read.wanted.language, period, named=named)
    title = " · ".join(name for name in (about, node.title) if name)
    steps = tuple(_steps(node, read.wanted.language, depth))
    return Opened(title=title, value=node.value, steps=steps, rules=told.get("rules"), told=told)


def _indicators(work: Work, read: Read, sums: Sequence[Sum]) -> Opened:
    why = Explanation(
        "indicators", None, parts=tuple(listed(each) for each in sums), rules=read.rules.version
    )
    # An agent's visits have other lists than an own hall's, with indicators of their own.
    named = {each.indicator.id: (each.indicator.zh, each.indicator.en) for each in sums}
    opened = _opened(work, read, why.as_json(), read.wanted.period.code, named=named)
    # The heading has no value of its own.
    steps = tuple(replace(step, depth=step.depth - 1) for step in opened.steps[1:])
    return replace(opened, value="", steps=steps)


def _star(work: Work, read: Read, rated: PeriodRow) -> Opened:
    """The stars of a published rating, with the smallest set of items that would have lifted the outlet by one."""
    outlet = str(read.where.id)
    told = stars_told.completed(
        results.explanation(work.connection, read.viewer, rated.code, outlet, "star"),
        rule_set(work.connection, rated.rules_version).stars,
        rated.drafted_at.astimezone(SHANGHAI).date(),
    )
    lift = star_lifts.told_of(work, rated, read.where.id)
    told["parts"] = [*told.get("parts", ()), lift]
    return _opened(work, read, told, rated.code, about=rated.code)


def _visits(work: Work, read: Read, *, whole: bool) -> Iterator[Opened]:
    """Each visit that the figures are from, section by section, to the items that it lost points on; for programs all items
    if `whole`."""
    if not read.rests_on:
        return
    scored = results_of(work, read)
    names = explanations_seen.page_ids(
        work.connection, read.viewer, [each.visit.id for each in read.rests_on]
    )
    for each in read.rests_on:
        visit = each.visit
        compiled = checklists.compiled(work.connection, visit.checklist_id, visit.checklist_version)
        why = visit_explained(
            str(names.get(visit.id, "")),
            compiled,
            scored[visit.id],
            _photos(work, read, each),
            read.rules.version,
        )
        told = why.as_json()
        lost = _lost(told)
        node = explained.visit_node(_shown(lost), compiled, read.wanted.language)
        if each in read.earlier:
            taken = read.say("早于本月：综合评价有一部分取自这次检查。")
            node = replace(node, notes=(taken, *node.notes))
        yield Opened(
            title=_visit_title(read, each),
            value=node.value,
            steps=tuple(_steps(node, read.wanted.language, 9)),
            rules=read.rules.version,
            told=told if whole else lost,
        )


def _visit_title(read: Read, each: Taken) -> str:
    said = [each.visit.visit_date.isoformat(), read.say(words.KINDS[each.visit.kind.value])]
    if read.where.outlet is None:
        said.append(each.outlet.name)
    return " · ".join(said)


def _photos(work: Work, read: Read, each: Taken) -> dict[str, list[str]]:
    """The photographs of each item that this reader may see: outside, of whatever visit, those masked and released."""
    revision = work.session.get_one(Revision, (each.visit.id, each.revision))
    document = VisitDocument.model_validate_json(revision.document)
    masked = {} if read.inner else releases.released(work.session, each.visit.id)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for file in document.files:
        if file.item and file.kind in releases.KINDS:
            name = file.sha256 if read.inner else masked.get(file.sha256)
            if name is not None and name not in found[file.item]:
                found[file.item].append(name)
    return found


def _lost(told: Mapping[str, Any]) -> dict[str, Any]:
    """The visit's tree with the items that lost points alone; each section says how many kept them all."""
    sections = []
    for section in told.get("parts", ()):
        items = [item for item in section["parts"] if item["value"] != 1 or item.get("notes")]
        if items:
            full = len(section["parts"]) - len(items)
            sections.append({**section, "inputs": {"met": full}, "parts": items})
    return {**told, "parts": sections}


def _shown(lost: Mapping[str, Any]) -> Mapping[str, Any]:
    """The visit's tree as it is printed: where no point was lost, neither what was earned nor what takes points is said."""
    if lost.get("parts") or lost.get("notes"):
        return lost
    inputs = {name: value for name, value in lost.get("inputs", {}).items() if name != "earned"}
    return {**lost, "inputs": inputs, "thresholds": {}}


def _steps(node: Node, language: str, most: int, depth: int = 0) -> Iterator[Step]:
    photos = tuple(part.photo for part in node.parts if part.photo)
    # Visits that have nothing but a day and a score stand in one row with their mean.
    bare = [part for part in node.parts if part.figure == "visit" and not part.notes and not part.parts]
    imported = (figure_words.import_named(node.source, language),) if node.source else ()
    yield Step(
        depth=depth,
        title=node.title,
        value=node.value,
        said=_there(node.inputs) + imported + tuple((part.title, part.value) for part in bare),
        asked=_there(node.thresholds),
        notes=node.notes,
        photos=photos,
    )
    if depth < most:
        for part in node.parts:
            if not part.photo and part not in bare:
                yield from _steps(part, language, most, depth + 1)


def _there(values: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in values if value != "—")
