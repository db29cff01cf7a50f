"""What becomes of a row of an import in words: from what to what each field changes, and from which day on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server.domain.imports import Change
from server.queries import decision_words, words

Translate = Callable[[str], str]

FIELDS = decision_words.FIELDS | {
    "name": "名称",
    "address": "地址",
    "phone": "电话",
    "lat": "纬度",
    "lng": "经度",
}
EMPTY, UNSET = "空", "未定"
FROM_DAY = "（自 {day} 起）"
WAITS = "注明“自某日起”的变动自那天起计入考核、佣金和走访计划，此前仍按原来的算。"
_WORDED = frozenset({"tier", "setting", "status"})


def told(changes: Sequence[str | Change], counts: Sequence[tuple[str, str]], _: Translate) -> list[str]:
    """All that changes of a row; a field whose values are not told by its name alone."""
    said = [change_told(each, _) if isinstance(each, Change) else _(each) for each in changes]
    return [*said, *(f"{_(words.INPUT_CODES[code])} {count}" for code, count in counts)]


def joined(said: Sequence[str], language: str) -> str:
    """All that changes of a row in one line."""
    return (", " if language == "en" else "，").join(said)


def change_told(change: Change, _: Translate) -> str:
    """One field from what to what; of a new row, what it is."""
    text = f"{_(FIELDS[change.field])} "
    if change.before is not None:
        text += f"{_value(change.field, change.before, _)} → "
    text += _value(change.field, change.after, _)
    return text + (_(FROM_DAY).replace("{day}", change.from_day.isoformat()) if change.from_day else "")


def _value(field: str, value: str, _: Translate) -> str:
    if field == "class":
        # “类别 B → C”: the letter alone, as the field is named before it.
        return value or _(UNSET)
    if field in _WORDED:
        return decision_words.value_name(field, value, _)
    return value or _(EMPTY)
