"""A visit's answers beside the standard: each visible item with its answer in words, its result and its points."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from server.domain import dates
from server.domain.conditions import holds
from server.domain.exact import FULL_CREDIT, divided
from server.domain.scoring import NOT_APPLICABLE, Score, part_and_whole, score
from server.domain.traces import given, leads, told
from server.domain.visit import Answer, VisitDocument, VisitFile, facts_of
from server.storage.organisation import Outlet
from server.storage.visits import Revision, Visit

Result = Literal["met", "partly", "failed", "record", "na", "pending", "missing"]
Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Answered:
    """One visible item: its compiled form, the answer as sent and in words, and what it came to.

    `points` and `earned` are hundredths; `earned` is after the prohibitions' effects, None without credit.
    """

    item: Mapping[str, Any]
    answer: Answer | None
    words: str
    result: Result
    points: int
    earned: int | None
    zeroed: bool
    grave: bool
    files: tuple[VisitFile, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A section with its score and its visible items in checklist order."""

    section: Mapping[str, Any]
    score: str | None
    items: tuple[Answered, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds up to which a timer earns all, and up to which it earns some."""

    full: int | None
    half: int | None


def facts_at(revision: Revision | None, visit: Visit, outlet: Outlet) -> dict[str, str]:
    """The facts that the revision was scored with, kept with its result; those of today where none are."""
    kept: dict[str, str] | None = json.loads(revision.result).get("facts") if revision else None
    place = {"tier": outlet.tier.value, "class": outlet.class_, "setting": outlet.setting.value}
    return kept or facts_of(visit.kind.value, visit.part, place)


def scored(checklist: Mapping[str, Any], facts: Mapping[str, str], document: VisitDocument) -> Score:
    """The score of a document as sent."""
    photos: dict[str, int] = {}
    for file in document.files:
        if file.item:
            photos[file.item] = photos.get(file.item, 0) + 1
    return score(checklist, facts, document.answers, photos)


def parts(
    checklist: Mapping[str, Any], document: VisitDocument, result: Score, language: str, _: Translate = str
) -> list[Part]:
    """The sections that have visible items, with the answers in words of `language`."""
    visible, found = set(result.visible), []
    for section in checklist["sections"]:
        items = tuple(
            _answered(item, document, result, language, _)
            for item in section["items"]
            if item["id"] in visible
        )
        if items:
            found.append(Part(section, result.sections.get(section["id"]), items))
    return found


def untraced(seen: list[Part], checklist: Mapping[str, Any], _: Translate = str) -> list[Part]:
    """The same as the outlet of a covert visit reads it: nothing that would lead to the shopper."""
    theirs = given(checklist)
    kept = [
        replace(part, items=tuple(_untraced(one, theirs, _) for one in part.items if not leads(one.item)))
        for part in seen
    ]
    return [part for part in kept if part.items]


def _untraced(one: Answered, theirs: frozenset[str], _: Translate) -> Answered:
    value = one.answer.value if one.answer else None
    seen = told(one.item, value, theirs)
    if one.answer is None or seen == value:
        return one
    words = _("不公开") if seen is None else duration(seen)
    return replace(one, answer=Answer(value=seen, note=one.answer.note), words=words)


def timer_limits(
    item: Mapping[str, Any], facts: Mapping[str, str], document: VisitDocument, result: Score
) -> Limits:
    """The limits that a timer was measured against: the case of its bands that held in this visit."""
    if not item["credit"] or "bands" not in item["credit"]:
        return Limits(None, None)
    shown = {name: document.answers[name].value for name in result.visible if name in document.answers}
    for case in item["credit"]["bands"]:
        if holds(case["when"], facts, shown):
            whole = [int(bound) for bound, credit in case["bands"] if bound and credit == FULL_CREDIT]
            part = [int(bound) for bound, credit in case["bands"] if bound and 0 < credit < FULL_CREDIT]
            return Limits(max(whole, default=None), max(part, default=None))
    return Limits(None, None)


def duration(seconds: int) -> str:
    """Whole seconds as m:ss, from an hour on h:mm:ss."""
    minutes, rest = divmod(seconds, 60)
    hours, left = divmod(minutes, 60)
    return f"{hours}:{left:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def points_text(hundredths: int) -> str:
    """Points without trailing zeros: 250 is 2.5."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def _answered(
    item: Mapping[str, Any], document: VisitDocument, result: Score, language: str, _: Translate
) -> Answered:
    name = item["id"]
    answer = document.answers.get(name)
    credit = result.credits.get(name)
    counted = name in result.counted
    zeroed = name in result.zeroed
    earned = (0 if zeroed else divided(item["points"] * (credit or 0), FULL_CREDIT)) if counted else None
    return Answered(
        item=item,
        answer=answer,
        words=in_words(item, answer, language, _),
        result=_result(item, answer, result),
        points=item["points"],
        earned=earned,
        zeroed=zeroed,
        grave=name in result.grave,
        files=tuple(file for file in document.files if file.item == name),
    )


def _result(item: Mapping[str, Any], answer: Answer | None, result: Score) -> Result:
    name = item["id"]
    if name in result.failed:
        return "failed"
    if name in result.met:
        return "met"
    if name in result.counted:
        return "partly"
    if answer and answer.pending:
        return "pending"
    if answer and answer.value == NOT_APPLICABLE and item["kind"] != "text":
        return "na"
    return "record" if answer and answer.value is not None else "missing"


def in_words(item: Mapping[str, Any], answer: Answer | None, language: str, _: Translate = str) -> str:
    """An answer in words of `language`."""
    if answer is None or answer.value is None:
        return _("待补") if answer and answer.pending else "—"
    value, kind = answer.value, item["kind"]
    if value == NOT_APPLICABLE and kind != "text":
        return _("不适用")
    if kind == "pass_fail":
        return _("合格") if value == "pass" else _("不合格")
    if kind in ("choice", "multi"):
        texts = {option["id"]: option["text"][language] for option in item["options"]}
        chosen = value if isinstance(value, list) else [value]
        return ("、" if language == "zh" else ", ").join(
            texts.get(str(one), str(one)) for one in chosen
        ) or _("都没有")
    if kind == "timer" and isinstance(value, int):
        return duration(value)
    if kind == "share":
        part, whole = part_and_whole(value)
        return f"{part} / {whole}"
    if kind == "instant":
        return _instant(str(value))
    if kind == "scale":
        return (
            f"{value} / {max(int(key) for key in item['credit']['table'])}" if item["credit"] else str(value)
        )
    unit = item.get("unit")
    return f"{value} {unit[language]}" if unit else str(value)


def _instant(text: str) -> str:
    return dates.instant(datetime.fromisoformat(text))
