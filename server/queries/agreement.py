"""Agreement of readers over a time: by item and by reviewer, and the visits whose two scores lie far apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy.orm
from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.domain.agreement import Count, Read, compared, gap_is_looked_at, tally
from server.domain.exact import two_decimals
from server.domain.rules_visits import Agreement as Limits
from server.domain.scoring import Score
from server.domain.visit import Answer, VisitDocument
from server.queries import checklists, scope
from server.queries.answers import facts_at, scored
from server.queries.rules import rules_on
from server.storage.organisation import Outlet, User
from server.storage.visits import Review, Revision, Visit

LINES = 50
SORTS = ("percent", "compared", "name")


@dataclass(frozen=True, slots=True)
class Line:
    """An item, a reviewer, or all: how many answers were compared and equal; `percent` with two decimals."""

    code: str
    name: dict[str, str]
    compared: int
    equal: int
    percent: str | None
    below: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A visit whose score by the second reader's own values differs by more than the rules leave alone."""

    visit: UUID
    outlet: str
    day: date
    first: str
    second: str
    gap: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """A page of lines, of how many, and what holds over the whole time."""

    whole: Line
    visits: int
    lines: tuple[Line, ...]
    page: int
    pages: int
    gaps: tuple[Gap, ...]
    limits: Limits


def agreement(
    session: Session,
    viewer: Viewer,
    span: tuple[date, date],
    *,
    by_reviewer: bool = False,
    search: str = "",
    sort: str = "percent",
    page: int = 1,
    size: int = LINES,
) -> Agreement:
    """Of the visits in sight whose second reader has decided, with a visit date in the span: the first day, the day after it.

    The limits are those of the span's last day. `sort` is one of SORTS, with a minus for the other way round.
    """
    last = date.fromordinal(span[1].toordinal() - 1)
    limits = rules_on(session.connection(), last).visits.agreement
    reads, gaps, texts = [], [], {}
    for pair in _pairs(session, viewer, span):
        read, gap = _read(session, pair, limits)
        reads.append(read)
        texts.update({(read.list_, item["id"]): item["text"] for item in _items(pair.checklist)})
        if gap:
            gaps.append(gap)
    found = tally(reads)
    if by_reviewer:
        ids = {UUID(who) for who in found.readers}
        names = {
            str(id_): name
            for id_, name in session.execute(select(User.id, User.name).where(col(User.id).in_(ids)))
        }
        lines = [
            _line("", {"zh": names[who], "en": names[who]}, count, limits)
            for who, count in found.readers.items()
        ]
    else:
        lines = [
            _line(item, texts[list_, item], count, limits) for (list_, item), count in found.items.items()
        ]
    if search:
        lines = [line for line in lines if search in line.code or search in " ".join(line.name.values())]
    lines.sort(key=_key(sort.removeprefix("-")), reverse=sort.startswith("-"))
    pages = max(1, -(-len(lines) // size))
    page = min(max(1, page), pages)
    return Agreement(
        whole=_line("", {}, found.whole, limits),
        visits=len(reads),
        lines=tuple(lines[(page - 1) * size : page * size]),
        page=page,
        pages=pages,
        gaps=tuple(sorted(gaps, key=lambda gap: (gap.day, gap.outlet), reverse=True)),
        limits=limits,
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    visit: Visit
    outlet: Outlet
    revision: Revision
    first: Review
    second: Review
    checklist: dict[str, Any]


def _pairs(session: Session, viewer: Viewer, span: tuple[date, date]) -> Iterator[_Pair]:
    first, second = sqlalchemy.orm.aliased(Review), sqlalchemy.orm.aliased(Review)
    rows = session.execute(
        sqlalchemy.select(Visit, Outlet, Revision, first, second)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(second, sqlalchemy.and_(second.visit_id == Visit.id, second.round == 2))
        .join(
            first,
            sqlalchemy.and_(first.visit_id == Visit.id, first.revision == second.revision, first.round == 1),
        )
        .join(
            Revision,
            sqlalchemy.and_(col(Revision.visit_id) == col(Visit.id), col(Revision.number) == second.revision),
        )
        .where(scope.visits(viewer), col(Visit.visit_date) >= span[0], col(Visit.visit_date) < span[1])
        .order_by(col(Visit.visit_date), col(Visit.id), second.revision)
    )
    for visit, outlet, revision, one, other in rows:
        checklist = checklists.of_visit(
            session.connection(),
            visit.checklist_id,
            visit.checklist_version,
            visit.kind,
            visit.assignment_id,
        )
        yield _Pair(visit, outlet, revision, one, other, checklist)


def _read(session: Session, pair: _Pair, limits: Limits) -> tuple[Read, Gap | None]:
    document = VisitDocument.model_validate_json(pair.revision.document)
    facts = facts_at(pair.revision, pair.visit, pair.outlet)
    score = scored(pair.checklist, facts, document)
    answered = [item for item, answer in document.answers.items() if answer.value is not None]
    unequal = [verdict for verdict in json.loads(pair.second.verdicts) if not verdict["agree"]]
    read = Read(
        list_=pair.visit.checklist_id,
        first=str(pair.first.reviewer_id),
        second=str(pair.second.reviewer_id),
        items=compared(pair.checklist, score.visible, answered),
        differing=frozenset(verdict["item"] for verdict in unequal),
    )
    own = {
        verdict["item"]: Answer.model_validate({"value": verdict["value"]})
        for verdict in unequal
        if verdict.get("value") is not None
    }
    if not own:
        return read, None
    theirs = document.model_copy(update={"answers": {**document.answers, **own}})
    return read, _gap(pair, score, scored(pair.checklist, facts, theirs), limits)


def _gap(pair: _Pair, score: Score, other: Score, limits: Limits) -> Gap | None:
    if score.score is None or other.score is None:
        return None
    first, second = (int(each.replace(".", "")) for each in (score.score, other.score))
    if not gap_is_looked_at(first, second, limits.gap_points):
        return None
    return Gap(
        visit=pair.visit.id,
        outlet=pair.outlet.name,
        day=pair.visit.visit_date,
        first=score.score,
        second=other.score,
        gap=two_decimals(abs(first - second)),
    )


def _line(code: str, name: dict[str, str], count: Count, limits: Limits) -> Line:
    percent = count.hundredths
    return Line(
        code=code,
        name=name,
        compared=count.compared,
        equal=count.equal,
        percent=two_decimals(percent) if percent is not None else None,
        below=count.below(limits.equal_percent),
    )


def _key(sort: str) -> Any:
    if sort == "compared":
        return lambda line: (line.compared, line.code, line.name.get("zh", ""))
    if sort == "name":
        return lambda line: (line.code, line.name.get("zh", ""))
    return lambda line: (
        int((line.percent or "0").replace(".", "")),
        -line.compared,
        line.code,
        line.name.get("zh", ""),
    )


def _items(checklist: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in checklist["sections"]:
        yield from section["items"]
