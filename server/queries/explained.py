"""Explanations as a viewer may read them: each node in words, with links to visits, outlets, items and photos in sight."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Permission, Viewer
from server.domain.composite import PARTS
from server.domain.errors import NotFound
from server.domain.exact import FULL_CREDIT
from server.domain.explain import Explanation, plain
from server.domain.indicators import catalogue
from server.domain.service_indicators import CODES
from server.domain.unit_means import MEAN_OF
from server.domain.visit import VisitKind
from server.domain.visit_explained import visit_explained
from server.queries import checklists, figure_words, figures, releases, results, scope
from server.queries.explanations_seen import subjects
from server.queries.rules import rules_on
from server.queries.visit_page import found as visit_found
from server.storage.organisation import Outlet, Tier, Unit
from server.storage.periods import PeriodRow
from server.storage.standards import ChecklistVersion
from server.storage.visits import Revision, Visit

_AT_ONCE = 500
_OF_UNITS = (*MEAN_OF.values(), *CODES, "corrective_actions")
_OF_WEAK = ("weak-item", "weak-item-improvement")
_SUMMED = ("indicator", "weak-item")
_MONTHLY = frozenset(
    {*CODES, "complaints", "corrective_actions", "customers", "praises", "ideas", "staff-list"}
)
"""The figures of one month among others, which are called by it."""
_CLAUSES = {
    **dict.fromkeys((*PARTS, "composite", "praises", "ideas"), "composite"),
    **dict.fromkeys(CODES, "indicators"),
    **dict.fromkeys(("window", "window-score"), "window"),
    **dict.fromkeys(("weak-item", "weak-item-improvement", "indicator"), "weak_item"),
    **dict.fromkeys(("star", "star-lift", "star-basis-hall", "star-basis-agent", "on_time"), "stars"),
    **dict.fromkeys(
        (f"gate-{name}" for name in ("score", "quarter", "perception", "prohibitions", "clean_months")),
        "stars",
    ),
    **dict.fromkeys(("patrol-opening", "patrol-round", "patrol-closing"), "aggregates"),
    "outlet-class": "classes",
    "half-year-mean": "stars",
    **dict.fromkeys(("commission", "refund"), "commission"),
}
"""The part of the rule set that says a figure's thresholds."""
_LISTS = {
    "veto": (Permission.SEE_INPUTS, "/inputs/vetoes/events?"),
    "corrective_actions": (Permission.SEE_ACTIONS, "/actions?state=all&"),
}
"""The figures of an outlet that open to a list, and who may see it."""
_NONE = object()


@dataclass(frozen=True, slots=True)
class Node:
    """A node for the page: its name and value, what it was computed from, what was missing, and its parts.

    `link` is where it opens; `photo` the SHA-256 of a picture; `clause` the part of the rule set that its thresholds are
    from; `source` the import that a count came with, as `import_sources` tells it: empty where it came with none, or where
    nobody kept that.
    """

    figure: str
    title: str
    value: str
    inputs: tuple[tuple[str, str], ...]
    thresholds: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    parts: tuple[Node, ...]
    link: str
    photo: str
    rules: int | None
    clause: str = ""
    source: Mapping[str, Any] | None = None


def tree(
    connection: sa.Connection,
    viewer: Viewer,
    told: Mapping[str, Any],
    language: str,
    period: str,
    subject: str = "",
    named: Mapping[str, tuple[str, str]] | None = None,
) -> Node:
    """An explanation that `for_viewer` gave, in words; its visits open within `period`, its months under `subject`.

    `named` are the words of its indicators, where they are of other lists than those of own halls' mystery visits.
    """
    outlets = _outlets(connection, viewer, {UUID(name) for sort, name in subjects(told) if sort == "outlet"})
    if any(sort == "unit" for sort, _ in subjects(told)):
        outlets |= _units(connection, viewer)
    indicators = named or {}
    if named is None and any(sort == "indicator" for sort, _ in subjects(told)):
        indicators = indicators_named(connection)
    lists = {
        figure: f"{address}{urlencode({'outlet': subject_name(connection, viewer, subject)[1]})}"
        for figure, (needs, address) in _LISTS.items()
        if subject and "/" not in subject and viewer.may(needs)
    }
    return _Teller(
        language,
        period,
        outlets,
        indicators,
        about=subject,
        clauses=viewer.may(Permission.SEE_STANDARDS),
        lists=lists,
        months=frozenset(row.code for row in results.periods(connection, viewer)),
    ).node(told)


def visit_told(
    session: Session, viewer: Viewer, period: PeriodRow, page_id: UUID
) -> tuple[Explanation, int, Visit, Outlet]:
    """A visit as a period's round counts it, down to its items and the photos in sight; the revision of then, and whose it is.

    Raises NotFound, also for a visit that the round does not have.
    """
    visit, outlet, _ = visit_found(session, viewer, page_id)
    connection = session.connection()
    kept = figures.kept_of(connection, period.code, period.round, [visit.id])
    if not kept:
        raise NotFound()
    revision = session.get_one(Revision, max(kept))
    compiled = checklists.compiled(connection, visit.checklist_id, visit.checklist_version)
    photos = releases.seen_by_item(session, viewer, visit.id)
    rules = rules_on(connection, visit.visit_date).version
    why = visit_explained(str(page_id), compiled, json.loads(revision.result), photos, rules)
    return why, revision.number, visit, outlet


def visit_tree(
    session: Session, viewer: Viewer, period: PeriodRow, page_id: UUID, language: str
) -> tuple[Node, Visit, Outlet]:
    """The same in words. Raises NotFound."""
    why, _, visit, outlet = visit_told(session, viewer, period, page_id)
    compiled = checklists.compiled(session.connection(), visit.checklist_id, visit.checklist_version)
    return visit_node(why.as_json(), compiled, language), visit, outlet


def visit_node(told: Mapping[str, Any], compiled: Mapping[str, Any], language: str) -> Node:
    """The explanation of one visit's score in the words of its checklist."""
    said = "en" if language == "en" else "zh"
    texts = {
        item["id"]: f"{item['id']} {item['text'][said]}"
        for section in compiled["sections"]
        for item in section["items"]
    } | {
        # A long id is a word for whoever writes checklists; a letter is printed on the form.
        section["id"]: " ".join(
            (section["id"] if len(section["id"]) <= 2 else "", section["title"][said])
        ).strip()
        for section in compiled["sections"]
    }
    inputs = {**told.get("inputs", {}), "checklist": compiled["title"][said]}
    return _Teller(language, "", {}, {}, texts).node({**told, "inputs": inputs})


def subject_name(connection: sa.Connection, viewer: Viewer, subject: str) -> tuple[str, str]:
    """The name and code of the outlet or unit that a figure is about. Raises NotFound."""
    try:
        outlet = UUID(subject)
    except ValueError:
        row = connection.execute(
            sa.select(col(Unit.name), col(Unit.code)).where(col(Unit.path) == subject, scope.units(viewer))
        ).first()
    else:
        row = connection.execute(
            sa.select(col(Outlet.name), col(Outlet.code)).where(
                col(Outlet.id) == outlet, scope.outlets(viewer)
            )
        ).first()
    if row is None:
        raise NotFound()
    return row[0], row[1]


@dataclass(frozen=True, slots=True)
class _Teller:
    language: str
    period: str
    outlets: Mapping[str, str]
    indicators: Mapping[str, tuple[str, str]]
    texts: Mapping[str, str] | None = None
    about: str = ""
    clauses: bool = False
    lists: Mapping[str, str] = field(default_factory=dict)
    months: frozenset[str] = frozenset()
    """The periods in sight: one that has not begun, or is not told yet, has nothing to open."""

    def node(self, told: Mapping[str, Any], rules: int | None = None) -> Node:
        rules = told.get("rules", rules)
        sort, _, name = str(told.get("subject", "")).partition(":")
        figure = told["figure"]
        title = figure_words.figure_name(figure, self.language)
        if sort in ("outlet", "unit"):
            title = self.outlets.get(name, title)
        elif sort == "indicator":
            words = self._indicator(name, title)
            title = f"{title} · {words}" if figure in _OF_WEAK and words != title else words
        elif sort in ("item", "section") and self.texts:
            title = self.texts.get(name, name)
        elif sort == "period" and figure in ("composite", "customers"):
            title = f"{title} {name}"
        inputs = dict(told.get("inputs", {}))
        imported = inputs.pop("import", _NONE)
        source = None if imported is _NONE else told.get("source", {})
        if "month" in inputs and figure in _MONTHLY and "weight" not in inputs:
            month = inputs.pop("month")
            title = title if sort == "period" else f"{title} {month}"
        if figure in _SUMMED:
            # Sums over visits hold each point's hundredths by each credit's thousandths.
            inputs |= {
                key: plain(Fraction(inputs[key], FULL_CREDIT)) for key in ("earned", "full") if key in inputs
            }
        if figure == "visit" or (figure in CODES and "day" in inputs):
            title = " ".join(self._said(inputs.pop(key)) for key in ("kind", "part", "day") if key in inputs)
        if figure in ("gates", "veto", "spell", "patrol-day"):
            of = next((key for key in ("star", "code", "period", "day") if key in inputs), None)
            title = f"{title} {inputs.pop(of)}" if of else title
        lifting = figure == "item" and "words" in told
        if lifting:
            title = f"{told['value']} {told['words']['en' if self.language == 'en' else 'zh']}"
        value = (
            ""
            if figure == "photo" or lifting
            else figure_words.figure_value(figure, told["value"], self.language)
        )
        if figure == "weak-item" and told["value"] is not None:
            value = figure_words.named_value("ratio", inputs.pop("ratio"), self.language)
        return Node(
            figure,
            title,
            value,
            tuple(self._named(inputs)),
            tuple(self._named(told.get("thresholds", {}))),
            tuple(figure_words.note_sentence(note, self.language) for note in told.get("notes", ())),
            tuple(self.node(part, rules) for part in told.get("parts", ())),
            self._lifting(name if sort == "visit" else "", told)
            if lifting
            else self._link(sort, name, figure, source or {}) or self._spell(figure, told),
            name if sort == "photo" else "",
            told.get("rules"),
            self._clause(figure, rules) if told.get("thresholds") else "",
            source,
        )

    def _lifting(self, visit: str, told: Mapping[str, Any]) -> str:
        """An item that would have lifted opens its visit where a round has it, there at the item."""
        period = told.get("period", "")
        return f"/figures/{period}/visits/{visit}#item-{told['value']}" if period and visit else ""

    def _clause(self, figure: str, rules: int | None) -> str:
        part = _CLAUSES.get(figure, "")
        return f"/rules/{rules}#part-{part}" if self.clauses and part and rules else ""

    def _spell(self, figure: str, told: Mapping[str, Any]) -> str:
        """An agent's month among the parts of a rating opens to its composite; a hall's quarter is told with its basis."""
        month = str(told.get("inputs", {}).get("period", ""))
        there = figure == "spell" and self.about and month[5:].isdecimal() and month in self.months
        return f"/figures/{month}/{self.about}/composite" if there else self.lists.get(figure, "")

    def _link(self, sort: str, name: str, figure: str, source: Mapping[str, Any]) -> str:
        if "page" in source:
            of = name if sort == "outlet" else self.about
            return f"{source['page']}?{urlencode({'of': of})}" if of else source["page"]
        if sort == "visit" and self.texts is None:
            return f"/figures/{self.period}/visits/{name}"
        opens = MEAN_OF if sort == "outlet" else _OF_UNITS
        if sort in ("outlet", "unit") and name in self.outlets and figure in opens:
            return f"/figures/{self.period}/{name.rstrip('/')}/{figure}"
        month = sort == "period" and figure == "composite" and self.about and name in self.months
        return f"/figures/{name}/{self.about}/composite" if month else ""

    def _named(self, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for key, value in values.items():
            if key == "visit":
                continue
            shown = figure_words.named_value(key, value, self.language)
            if key == "indicator" and isinstance(value, str):
                shown = self._indicator(value, shown)
            yield figure_words.name(key, self.language), shown

    def _said(self, value: Any) -> str:
        known = figure_words.VALUES.get(str(value))
        return known[self.language == "en"] if known else str(value)

    def _indicator(self, code: str, otherwise: str) -> str:
        words = self.indicators.get(code)
        return f"{code.removeprefix('T-')} {words[self.language == 'en']}" if words else otherwise


def indicators_named(connection: sa.Connection) -> dict[str, tuple[str, str]]:
    """The words of the indicators of own halls' mystery visits, those of the newest version first."""
    found: dict[str, tuple[str, str]] = {}
    for name, version in connection.execute(
        sa.select(col(ChecklistVersion.id), col(ChecklistVersion.version)).order_by(
            col(ChecklistVersion.version).desc(), col(ChecklistVersion.id)
        )
    ).all():
        compiled = checklists.compiled(connection, name, version)
        if Tier.OWN_HALL in compiled["tiers"] and VisitKind.MYSTERY in compiled["visit_kinds"]:
            for each in catalogue(compiled):
                found.setdefault(each.id, (each.zh, each.en))
    return found


def _outlets(connection: sa.Connection, viewer: Viewer, ids: Collection[UUID]) -> dict[str, str]:
    found: dict[str, str] = {}
    listed = sorted(ids)
    for begin in range(0, len(listed), _AT_ONCE):
        rows = connection.execute(
            sa.select(col(Outlet.id), col(Outlet.name)).where(
                col(Outlet.id).in_(listed[begin : begin + _AT_ONCE]), scope.outlets(viewer)
            )
        )
        found |= {str(outlet): name for outlet, name in rows}
    return found


def _units(connection: sa.Connection, viewer: Viewer) -> dict[str, str]:
    rows = connection.execute(sa.select(col(Unit.path), col(Unit.name)).where(scope.units(viewer)))
    return {row[0]: row[1] for row in rows}
