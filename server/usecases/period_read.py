"""What a period report is made from, read once: the counted visits with their outlets, the rules, the words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from sqlmodel import col, select

from server.domain.access import Viewer
from server.domain.bands import Band
from server.domain.exact import hundredths, two_decimals
from server.domain.period_reports import Kind
from server.domain.periods import Period
from server.domain.rule_parts import plain_figure
from server.domain.rules import RuleSet
from server.queries import period_reports, scope, words
from server.queries.figures import Counted
from server.queries.period_reports import Subject
from server.queries.results import OutletThen
from server.queries.rules import rule_set, rules_on
from server.reports.facts import Edition, Language, Level
from server.reports.period_parts import Basis, Count
from server.reports.words import Translate, translator
from server.storage.organisation import Outlet
from server.storage.periods import PeriodRow
from server.storage.visits import Report, Revision, Visit
from server.usecases.work import Work

LEVELS: dict[str, str] = {"excellent": "优秀", "meets": "达标", "below": "未达标"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which report: of what, over which period, for whom, in which language."""

    kind: Kind
    subject_id: UUID
    period: Period
    edition: Edition
    language: Language


@dataclass(frozen=True, slots=True)
class Taken:
    """A counted visit with its row, its outlet and the answers hash of the revision that counts."""

    counted: Counted
    visit: Visit
    outlet: Outlet
    answers_sha256: str

    @property
    def revision(self) -> int:
        """The revision that the report counts, whatever was accepted since."""
        return self.counted.revision


@dataclass(frozen=True, slots=True)
class Read:
    """Everything that the parts of a report are drawn from.

    `earlier` are the visits before an outlet's month that parts of its composite were taken from: they enter nothing else.
    `round` is the one that an outlet's month has, `then` the outlet as it was in it; None where there is none.
    """

    wanted: Wanted
    where: Subject
    viewer: Viewer
    rules: RuleSet
    taken: tuple[Taken, ...]
    say: Translate
    earlier: tuple[Taken, ...] = ()
    round: PeriodRow | None = None
    then: OutletThen | None = None

    @property
    def rests_on(self) -> tuple[Taken, ...]:
        """All visits that its figures are from."""
        return (*self.earlier, *self.taken)

    @property
    def inner(self) -> bool:
        """Whether this is the edition for head office."""
        return self.wanted.edition == "inner"


def read(work: Work, wanted: Wanted) -> Read:
    """Read what the report counts. Raises NotFound for an unknown subject."""
    where = period_reports.subject(work.session, work.viewer, wanted.kind, wanted.subject_id)
    reader = period_reports.reader(wanted.kind, where, wanted.edition)
    about = (wanted.kind, where, wanted.period, wanted.edition)
    row, then = period_reports.round_of(work.connection, *about) or (None, None)
    counted = period_reports.visits_of(work.connection, *about)
    earlier = period_reports.earlier_visits_of(work.connection, *about)
    before = {each.figure.visit for each in earlier}
    by_id = {each.figure.visit: each for each in (*counted, *earlier)}
    ids = [UUID(each) for each in by_id]
    rows = work.session.exec(
        select(Visit, Outlet)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(col(Visit.id).in_(ids))
        .order_by(col(Visit.visit_date), col(Outlet.code), scope.turn(reader))
    ).all()
    hashes = {
        (visit, number): sha256
        for visit, number, sha256 in work.session.exec(
            select(Revision.visit_id, Revision.number, Revision.sha256).where(col(Revision.visit_id).in_(ids))
        )
    }
    taken = [
        Taken(counts, visit, outlet, hashes[visit.id, counts.revision])
        for visit, outlet in rows
        for counts in (by_id[str(visit.id)],)
    ]
    return Read(
        wanted,
        where,
        reader,
        rule_set(work.connection, row.rules_version)
        if row
        else rules_on(work.connection, wanted.period.first),
        tuple(each for each in taken if each.counted.figure.visit not in before),
        translator(wanted.language),
        tuple(each for each in taken if each.counted.figure.visit in before),
        row,
        then,
    )


def score(value: Fraction | None) -> str | None:
    """A figure of a hundred as text with two decimals, rounded once."""
    return None if value is None else two_decimals(hundredths(value))


def percent(value: Fraction | None) -> str | None:
    """A share of one as percent with two decimals."""
    return None if value is None else two_decimals(hundredths(value * 100))


def level_words(read: Read, level: Level | None) -> tuple[Level, str]:
    """A level with its word."""
    return (level, read.say(LEVELS[level])) if level in LEVELS else ("none", read.say("无得分"))


def between(band: Band, say: Translate) -> str:
    """The range of a band of scores in words: above 85 and not above 90. The ends of the scale go without saying."""
    parts = []
    for bound, sentence, end in (
        (band.at_least, "不低于 {n}", 0),
        (band.above, "高于 {n}", None),
        (band.below, "低于 {n}", None),
        (band.up_to, "不高于 {n}", 100),
    ):
        if bound is not None and bound != end:
            parts.append(say(sentence).format(n=plain_figure(bound)))
    return say("、").join(parts)


def places(band: Band, say: Translate) -> str:
    """The ranks of a band in words: ranks 1 to 3; the rest, where it has no end."""
    last = band.up_to if band.up_to is not None else band.below
    if last is None:
        return say("其余")
    first = band.at_least if band.at_least is not None else (band.above or 0) + 1
    to = last if band.up_to is not None else last - 1
    if first == to:
        return say("第 {n} 名").format(n=plain_figure(Fraction(first)))
    return say("第 {first} 至 {last} 名").format(
        first=plain_figure(Fraction(first)), last=plain_figure(Fraction(to))
    )


def basis(work: Work, read: Read) -> tuple[Basis, ...]:
    """Every visit that the figures are from, with its hash and the number of its newest report in this edition, of the revision that counts."""
    numbers: dict[UUID | None, str] = {}
    counted = {each.visit.id: each.revision for each in read.rests_on}
    ids = [each.visit.id for each in read.rests_on]
    for visit_id, revision, number in work.session.exec(
        select(Report.visit_id, Report.revision, Report.number)
        .where(
            col(Report.visit_id).in_(ids),
            Report.edition == read.wanted.edition,
            col(Report.language).in_(("zh", read.wanted.language)),
        )
        # The report's own language stands over the Chinese that is always there, and what was not replaced over all.
        .order_by(
            col(Report.superseded_by).is_(None),
            col(Report.language) == read.wanted.language,
            col(Report.number),
        )
    ):
        if visit_id is not None and counted[visit_id] == revision:
            numbers[visit_id] = number
    return tuple(
        Basis(
            outlet=f"{each.outlet.code} {each.outlet.name}",
            day=each.visit.visit_date,
            kind=read.say(words.KINDS[each.visit.kind.value]),
            revision=each.revision,
            answers_sha256=each.answers_sha256,
            report=numbers.get(each.visit.id),
        )
        for each in read.rests_on
    )


def by_kind(read: Read) -> tuple[Count, ...]:
    """How many visits of each kind, and their mean score."""
    found = []
    for kind in period_reports.COUNTS:
        mine = [each.counted.figure for each in read.taken if each.visit.kind is kind]
        scores = [each.score for each in mine if each.score is not None]
        if mine:
            mean = sum(scores, Fraction(0)) / len(scores) if scores else None
            found.append(Count(name=read.say(words.KINDS[kind.value]), n=len(mine), mean=score(mean)))
    return tuple(found)
