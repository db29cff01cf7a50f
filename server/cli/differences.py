"""Two versions of a standard side by side: what differs, for people as lines of words, for programs as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from server.cli.terminal import Terminal
from server.domain.checklist_changes import Comparison, ItemChange, Part, compare
from server.domain.checklist_plain import plain_item
from server.domain.checklist_written import Draft, Item
from server.domain.rules import RuleChange
from server.queries import checklist_words as words

_INDENT = "    "
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two checklists, with the items of both by id, each with its section."""

    earlier: Draft
    later: Draft
    comparison: Comparison
    items: tuple[Mapping[str, tuple[Item, str]], Mapping[str, tuple[Item, str]]] = field(default=({}, {}))

    def __bool__(self) -> bool:
        return bool(self.comparison)

    @property
    def counts(self) -> dict[str, int]:
        """How many items were added, removed, changed or are undeclared, and how many other differences there are."""
        items = self.comparison.items
        added = sum(change.kind == "added" for change in items)
        removed = sum(change.kind == "removed" for change in items)
        return {
            "added": added,
            "removed": removed,
            "changed": len(items) - added - removed,
            "undeclared": len(self.comparison.undeclared),
            "sections": len(self.comparison.sections),
            "others": len(self.comparison.head) + len(self.comparison.reordered),
        }


def difference(earlier: Draft, later: Draft) -> Difference:
    """Return what differs between two versions of a checklist."""
    return Difference(earlier, later, compare(earlier, later), (_items(earlier), _items(later)))


def lines(found: Difference, terminal: Terminal) -> Iterator[str]:
    """What differs, in words: + is new, - is gone, ~ is changed."""
    for part in found.comparison.head:
        yield from _parts("~ ", part, {}, {}, terminal)
    for name in found.comparison.reordered:
        yield f"~ {terminal.text('环节 {section} 里检查项的次序', section=name) if name else terminal.text('环节的次序')}"
    for section in found.comparison.sections:
        sign = {"added": "+", "removed": "-"}.get(section.kind, "~")
        yield f"{sign} {terminal.text('环节 {section}', section=section.section)} {_title(found, section.section, terminal)}"
        for part in section.parts:
            yield from _parts(_INDENT, part, {}, {}, terminal)
    for change in found.comparison.items:
        yield from _item(found, change, terminal)


def total(found: Difference, terminal: Terminal) -> str:
    """The sum in one sentence."""
    if not found:
        return terminal.text("没有差别。")
    return terminal.text(
        "检查项：新增 {added}，删除 {removed}，改动 {changed}（其中 {undeclared} 项待说明）；环节 {sections} 处，其他 {others} 处。",
        **found.counts,
    )


def as_json(found: Difference) -> str:
    """Everything that differs, for programs; values are those of the written notation."""
    return _dumped(
        {
            "equal": not found,
            "head": [asdict(part) for part in found.comparison.head],
            "sections": [asdict(section) for section in found.comparison.sections],
            "items": [{**asdict(change), "kind": change.kind} for change in found.comparison.items],
            "reordered": [name or None for name in found.comparison.reordered],
            "counts": found.counts,
        }
    )


def rule_lines(changes: list[RuleChange], terminal: Terminal) -> Iterator[str]:
    """What differs between two rule sets, a figure a line."""
    for change in changes:
        sign = "+" if change.before is None else "-" if change.after is None else "~"
        name = change.zh if terminal.language == "zh" else change.en
        values = [_raw(value) for value in (change.before, change.after) if value is not None]
        yield f"{sign} {name}{'：' if terminal.language == 'zh' else ': '}{' → '.join(values)}"


def rules_as_json(changes: list[RuleChange]) -> str:
    """What differs between two rule sets, for programs."""
    return _dumped({"equal": not changes, "changes": [asdict(change) for change in changes]})


def one_line(text: str) -> str:
    """A text of a file in one line, without what would move the terminal's cursor or change its colours."""
    return _CONTROLS.sub("�", "；".join(text.splitlines())).strip()


def _item(found: Difference, change: ItemChange, terminal: Terminal) -> Iterator[str]:
    was, now = found.items
    name = change.now or change.was or ""
    item, _ = (now if change.now else was)[name]
    sign = {"added": "+", "removed": "-"}.get(change.kind, "~")
    if change.was and change.now and change.was != change.now:
        name = f"{change.was} → {change.now}"
    meaning = terminal.text(words.MEANINGS[change.meaning])
    if sign == "~":
        meaning = f"{terminal.text(words.CHANGES[change.kind])}{'；' if terminal.language == 'zh' else '; '}{meaning}"
    about = f"（{meaning}）" if terminal.language == "zh" else f" ({meaning})"
    yield f"{sign} {name} {one_line(_words(item.text, terminal))}{about}"
    if change.was is None or change.now is None:
        return
    before, after = was[change.was], now[change.now]
    if change.moved:
        yield _told_of(f"{_INDENT}{terminal.text('环节')}", before[1], after[1], terminal)
    for part in change.parts:
        yield from _parts(_INDENT, part, plain_item(before[0]), plain_item(after[0]), terminal)


def _parts(
    lead: str, part: Part, was: Mapping[str, Any], now: Mapping[str, Any], terminal: Terminal
) -> Iterator[str]:
    """One key with both values; a text in both languages, and a table by code, as far as they differ."""
    key = terminal.text(words.KEYS.get(part.key, part.key))
    if _by_code(part):
        before, after = part.before or {}, part.after or {}
        for code in {**before, **after}:
            old, new = before.get(code), after.get(code)
            if old != new:
                told = [_told(part.key, code, value, terminal) for value in (old, new)]
                yield _told_of(f"{lead}{key} {code}", *told, terminal)
        if list(before) != list(after) and set(before) == set(after):
            yield _told_of(f"{lead}{key}", ", ".join(before), ", ".join(after), terminal)
        return
    old, new = (
        _value(part.key, value, item, terminal) for value, item in ((part.before, was), (part.after, now))
    )
    if old == new:
        # Words that round or leave out must not hide what differs.
        old, new = _raw(part.before), _raw(part.after)
    yield _told_of(f"{lead}{key}", old, new, terminal)


def _told_of(what: str, before: str, after: str, terminal: Terminal) -> str:
    return f"{what}{'：' if terminal.language == 'zh' else ': '}{before} → {after}"


def _by_code(part: Part) -> bool:
    return all(
        value is None
        or (isinstance(value, dict) and part.key in ("text", "title", "unit", "options", "prohibitions"))
        for value in (part.before, part.after)
    )


def _told(key: str, code: str, value: Any, terminal: Terminal) -> str:
    if value is None:
        return terminal.text("无")
    if not isinstance(value, dict):
        return one_line(str(value))
    names = " / ".join(str(value[language]) for language in ("zh", "en") if value.get(language))
    if key != "options":
        return one_line(names)
    credit = [words.percent(value["credit"])] if value.get("credit") is not None else []
    return one_line(
        " ".join([names, *credit, *([terminal.text("作废整次检查")] if value.get("voids") else [])])
    )


def _value(key: str, value: Any, item: Mapping[str, Any], terminal: Terminal) -> str:
    return one_line(words.value(key, value, item, terminal.text, terminal.language))


def _items(draft: Draft) -> dict[str, tuple[Item, str]]:
    return {
        placed.item.id: (placed.item, section.section.id)
        for section in draft.sections
        for placed in section.items
    }


def _title(found: Difference, name: str, terminal: Terminal) -> str:
    for draft in (found.later, found.earlier):
        for placed in draft.sections:
            if placed.section.id == name:
                return one_line(_words(placed.section.title, terminal))
    return ""


def _words(text: Any, terminal: Terminal) -> str:
    return (text and (getattr(text, terminal.language) or text.zh)) or ""


def _raw(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
