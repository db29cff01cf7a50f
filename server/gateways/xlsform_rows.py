"""The rows of a checklist's XLSForm: questions, choices, settings, and our own data in declared bind:: columns."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from server.domain.conditions import FACTS, Condition, comparisons
from server.gateways.condition_text import condition_text
from server.gateways.workbook_layout import TIERS, VISIT_KINDS, Vocabulary
from server.gateways.xlsform_expressions import asks_na, both, expression, photo_due, question

LANGUAGES = {"zh": "中文 (zh)", "en": "English (en)"}
NAMESPACE = 'xunting="https://xunting.invalid/xlsform/1"'
BIND = "bind::xunting:"
HEAD = "attribute::xunting:"
PROHIBITIONS = "xunting_prohibitions"

FLAGS = ("na", "critical", "leaving", "original")
"""Keys that are yes or absent."""

TEXTS = ("source", "prohibition", "indicator", "follows", "later")
NUMBERS = ("points", "min_chars", "max_px")
LITERALS = ("min", "max", "credits", "bands")
"""Keys whose value is written as JSON: 0 and "0" differ."""

_OWN = ("id", "kind", *NUMBERS, *TEXTS, *FLAGS, *LITERALS, "required", "when", "cases", "unit_zh", "unit_en",
        "photo", "photo_below", "photo_hint_zh", "photo_hint_en")  # fmt: skip
SURVEY = (
    "type", "name", *(f"{column}::{language}" for column in ("label", "hint") for language in LANGUAGES.values()),
    "required", "relevant", "constraint", "appearance", "parameters", *(f"{BIND}{key}" for key in _OWN),
)  # fmt: skip
CHOICES = (
    "list_name",
    "name",
    *(f"label::{language}" for language in LANGUAGES.values()),
    "xunting_credit",
    "xunting_voids",
)
HEAD_KEYS = ("title_zh", "title_en", "visit_kinds", "tiers", "points", "prohibition_scoring", "critical_cap",
             "fail_below", "retired", "changes")  # fmt: skip
SETTINGS = (
    "form_title",
    "form_id",
    "version",
    "default_language",
    "namespaces",
    *(f"{HEAD}{key}" for key in HEAD_KEYS),
)

_FACTS: Mapping[str, tuple[str, str, Vocabulary]] = {
    "tier": ("渠道层级", "Tier", TIERS),
    "class": ("网点类别", "Class", {word: (word, word) for word in FACTS["class"]}),
    "setting": ("区位", "Setting", {"city": ("城区", "City"), "county_town": ("县城", "County town"), "township": ("乡镇", "Township")}),
    "kind": ("检查方式", "Kind of visit", VISIT_KINDS),
    "part": ("时段", "Part of the day", {"opening": ("营业前", "Opening"), "round": ("营业中", "Round"), "closing": ("营业后", "Closing")}),
}  # fmt: skip
_VERDICTS: Vocabulary = {"pass": ("合格", "Pass"), "fail": ("不合格", "Fail")}
_NA: Vocabulary = {"na": ("不适用", "Not applicable")}
_TYPES = {"count": "integer", "timer": "integer", "number": "decimal", "text": "text", "photo": "image",
          "signature": "image", "instant": "dateTime", "scale": "range"}  # fmt: skip
_APPEARANCES = {"text": "multiline", "signature": "signature"}

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class FormRows:
    """The three sheets, each a list of rows by column."""

    survey: list[Row]
    choices: list[Row]
    settings: list[Row]


def form_rows(written: dict[str, Any], compiled: dict[str, Any]) -> FormRows:
    """Return the rows of the form of a checklist in its plain form and compiled."""
    items = {item["id"]: item for section in compiled["sections"] for item in section["items"]}
    survey = list(_facts(compiled))
    choices = list(_fact_choices(compiled))
    if any(item["kind"] == "pass_fail" for item in items.values()):
        choices += _choices("pass_fail", _VERDICTS)
        choices += _choices("pass_fail_na", _VERDICTS | _NA)
    if any(asks_na(item) for item in items.values()):
        choices += _choices("xunting_na", _NA)
    for plain_section, section in zip(written["sections"], compiled["sections"], strict=True):
        survey += _section(plain_section, section, items)
        for item in plain_section["items"]:
            choices += _options(item)
    for name, words in written.get("prohibitions", {}).items():
        choices.append({"list_name": PROHIBITIONS, "name": name, **_labels(words)})
    return FormRows(survey, choices, [_settings(written)])


def safe(text: str) -> str:
    """Return a text that holds no ${…}, which forms would take for a question: a word joiner is put in between."""
    return re.sub("\\$(\u2060*)\\{", "$\u2060\\1{", text)


def unsafe(text: str) -> str:
    """Return the text that `safe` was given."""
    return re.sub("\\$\u2060(\u2060*)\\{", "$\\1{", text)


def _settings(written: dict[str, Any]) -> Row:
    head: dict[str, Any] = {
        "title_zh": written["title"]["zh"],
        "title_en": written["title"]["en"],
        "visit_kinds": " ".join(written["visit_kinds"]),
        "tiers": " ".join(written["tiers"]),
        "retired": " ".join(written.get("retired", [])) or None,
        "changes": _json(written["changes"]) if written.get("changes") else None,
        **{key: written[key] for key in ("points", "prohibition_scoring", "critical_cap", "fail_below")},
    }
    return {
        "form_title": safe(written["title"]["zh"]),
        "form_id": written["id"],
        "version": str(written["version"]),
        "default_language": LANGUAGES["zh"],
        "namespaces": NAMESPACE,
        **{f"{HEAD}{key}": safe(str(head[key])) for key in HEAD_KEYS if head[key] is not None},
    }


def _section(written: dict[str, Any], section: dict[str, Any], items: Mapping[str, Any]) -> Iterator[Row]:
    name = "sec_" + section["id"].replace("-", ".")
    own = {"id": section["id"], "points": str(section["points"]), "when": _when(written)}
    yield _row("begin group", name, written["title"], own, relevant=expression(section["when"], items))
    for each, item in zip(written["items"], section["items"], strict=True):
        yield from _item(each, item, items)
    yield {"type": "end group", "name": name}


def _item(written: dict[str, Any], item: dict[str, Any], items: Mapping[str, Any]) -> Iterator[Row]:
    kind, name = item["kind"], question(item["id"])
    relevant = expression(item["when"], items)
    if asks_na(item):
        words = {
            language: f"{text}：{pair}"
            for (language, text), pair in zip(written["text"].items(), _NA["na"], strict=True)
        }
        yield _row("select_one xunting_na", f"{name}.na", words, appearance="minimal", relevant=relevant)
        relevant = both(relevant, f"not(${{{name}.na}} = 'na')")
    required = "yes" if item["asked"] or item["required"] is True else ""
    own = _own(written)
    if kind == "share":
        yield _row("begin group", name, written["text"], own, relevant=relevant)
        part = {"zh": f"其中{_unit(item, 'zh')}", "en": f"Of these{_unit(item, 'en')}"}
        whole = {"zh": f"总数{_unit(item, 'zh')}", "en": f"All{_unit(item, 'en')}"}
        yield _row("integer", f"{name}.part", part, required=required, constraint=". >= 0")
        yield _row("integer", f"{name}.whole", whole, required=required, constraint=f". >= ${{{name}.part}}")
        yield {"type": "end group", "name": name}
    else:
        yield _row(
            _type(item), name, written["text"], own,
            hint=_hint(item), required=required, relevant=relevant, constraint=_constraint(item),
            appearance=_APPEARANCES.get(kind, ""), parameters=_parameters(item),
        )  # fmt: skip
    demand = item["photo"]
    if demand["when"] != "never":
        words = {"zh": f"照片：{written['text']['zh']}", "en": f"Photo: {written['text']['en']}"}
        yield _row(
            "image", f"{name}.photo", words, hint=demand["hint"], parameters=f"max-pixels={item['max_px']}",
            required="" if demand["when"] == "optional" else "yes",
            relevant=both(relevant, photo_due(item, items)),
        )  # fmt: skip


def _own(item: dict[str, Any]) -> Row:
    """Return an item's own data: everything of the notation that a form has no column for."""
    photo = item.get("photo", {})
    photo = {"when": photo} if isinstance(photo, str) else photo
    required = item.get("required")
    cases = [
        {"when": condition_text(case["when"], "en"), "bands": case["bands"]} for case in item.get("cases", [])
    ]
    own: dict[str, Any] = {
        "id": item["id"],
        "kind": item["kind"],
        **{key: str(item[key]) for key in (*NUMBERS, *TEXTS) if key in item},
        **{key: "yes" for key in FLAGS if item.get(key)},
        **{key: _json(item[key]) for key in LITERALS if key in item},
        "required": "yes" if required is True else required,
        "when": _when(item),
        "cases": _json(cases) if cases else None,
        **{f"unit_{language}": text for language, text in item.get("unit", {}).items()},
        "photo": photo.get("when"),
        "photo_below": None if photo.get("below") is None else str(photo["below"]),
        **{f"photo_hint_{language}": text for language, text in (photo.get("hint") or {}).items()},
    }
    return {key: value for key, value in own.items() if value}


def _row(kind: str, name: str, words: Mapping[str, str], own: Mapping[str, str] | None = None, *,
         hint: Mapping[str, str] | None = None, **cells: str) -> Row:  # fmt: skip
    row = {"type": kind, "name": name, **_labels(words)}
    row |= {f"hint::{LANGUAGES[language]}": safe(text) for language, text in (hint or {}).items() if text}
    row |= {f"{BIND}{key}": safe(value) for key, value in (own or {}).items() if value}
    return row | {key: value for key, value in cells.items() if value}


def _labels(words: Mapping[str, str]) -> Row:
    return {f"label::{LANGUAGES[language]}": safe(words[language]) for language in LANGUAGES}


def _type(item: dict[str, Any]) -> str:
    kind, name = item["kind"], question(item["id"])
    if kind == "pass_fail":
        return "select_one pass_fail_na" if item["na"] else "select_one pass_fail"
    if kind in ("choice", "multi"):
        return f"{'select_one' if kind == 'choice' else 'select_multiple'} {name}"
    return _TYPES[kind]


def _options(item: dict[str, Any]) -> Iterator[Row]:
    name = question(item["id"])
    for option, words in item.get("options", {}).items():
        row = {"list_name": name, "name": option, **_labels(words)}
        if words.get("credit") is not None:
            row["xunting_credit"] = str(words["credit"])
        yield row | ({"xunting_voids": "yes"} if words.get("voids") else {})
    if item["kind"] == "choice" and item.get("na"):
        yield from _choices(name, _NA)


def _choices(name: str, words: Vocabulary) -> Iterator[Row]:
    for code, (zh, en) in words.items():
        yield {"list_name": name, "name": code, **_labels({"zh": zh, "en": en})}


def _constraint(item: dict[str, Any]) -> str:
    kind, low, high = item["kind"], item["min"], item["max"]
    if kind == "text":
        return f"string-length(.) >= {item['min_chars']}" if item["min_chars"] else ""
    if kind == "timer":
        return ". >= 0"
    if kind not in ("count", "number"):
        return ""
    low = 0 if kind == "count" and low is None else low
    return both("" if low is None else f". >= {low}", "" if high is None else f". <= {high}")


def _parameters(item: dict[str, Any]) -> str:
    if item["kind"] == "scale":
        return f"start={item['min']} end={item['max']} step=1"
    return f"max-pixels={item['max_px']}" if item["kind"] in ("photo", "signature") else ""


def _hint(item: dict[str, Any]) -> Mapping[str, str] | None:
    if item["kind"] == "timer":
        return {"zh": "单位：秒", "en": "in seconds"}
    unit = item["unit"]
    return {"zh": f"单位：{unit['zh']}", "en": f"unit: {unit['en']}"} if unit else None


def _unit(item: dict[str, Any], language: str) -> str:
    if not item["unit"]:
        return ""
    return f"（{item['unit']['zh']}）" if language == "zh" else f" ({item['unit']['en']})"


def _used_facts(compiled: dict[str, Any]) -> list[str]:
    conditions: list[Condition | None] = []
    for section in compiled["sections"]:
        conditions.append(section["when"])
        for item in section["items"]:
            conditions.append(item["when"])
            if item["credit"] and "bands" in item["credit"]:
                conditions += [table["when"] for table in item["credit"]["bands"]]
    used = {each["fact"] for condition in conditions for each in comparisons(condition) if "fact" in each}
    return [fact for fact in FACTS if fact in used]


def _facts(compiled: dict[str, Any]) -> Iterator[Row]:
    used = _used_facts(compiled)
    if used:
        yield _row("begin group", "facts", {"zh": "本次检查", "en": "This visit"})
        for fact in used:
            zh, en, _ = _FACTS[fact]
            yield _row(f"select_one fact_{fact}", f"fact_{fact}", {"zh": zh, "en": en}, required="yes")
        yield {"type": "end group", "name": "facts"}


def _fact_choices(compiled: dict[str, Any]) -> Iterator[Row]:
    for fact in _used_facts(compiled):
        yield from _choices(f"fact_{fact}", _FACTS[fact][2])


def _when(written: Mapping[str, Any]) -> str:
    return condition_text(written["when"], "en") if written.get("when") is not None else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
