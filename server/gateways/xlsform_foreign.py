"""Reads somebody else's XLSForm as a draft without points: what is supported is taken, the rest is named in notes."""

import re
from dataclasses import dataclass, field
from typing import Any

from server.domain.conditions import Condition
from server.domain.findings import Finding, at
from server.gateways.sheets_read import Places, SheetsRead, limited
from server.gateways.workbook_file import BookSheet, place
from server.gateways.workbook_layout import TIERS
from server.gateways.xlsform_expressions import NotTaken, read_expression
from server.gateways.xlsform_labels import Labels, read_labels
from server.gateways.xlsform_questions import bounds_of, comparable, kind_of, options_of, scale_of
from server.gateways.xlsform_sheets import FormRow, FormSheet

_YES = frozenset({"yes", "true", "true()", "1"})
_NO = frozenset({"no", "false", "false()", "0"})
_TAKEN = frozenset({"type", "name", "required", "relevant", "constraint", "appearance", "parameters"})
_SETTINGS = frozenset({"form_title", "form_id", "version", "default_language"})
_LOOKS = frozenset({"multiline", "minimal", "signature", "quick", "likert", "horizontal", "vertical"})
_BEGIN = re.compile(r"begin[ _](group|repeat)")
_END = re.compile(r"end[ _](group|repeat)")


@dataclass(slots=True)
class _Group:
    """An open group: its name, its own relevance, and whether it is a repeat, whose inside is not taken."""

    name: str
    when: Condition | None
    skipped: bool
    cell: str


@dataclass(slots=True)
class _Question:
    """A question that was taken: its item, and which options its list's names became."""

    item: dict[str, Any]
    options: dict[str, str] = field(default_factory=dict)


def read_foreign(sheets: dict[str, FormSheet], others: list[BookSheet], places: Places) -> SheetsRead:
    """Return the draft, the findings that forbid it, and the notes of what was not taken."""
    survey = sheets["survey"]
    for column in ("type", "name"):
        if column not in survey.columns:
            places.fault(survey.book.cell(len(survey.columns), 0), "form_column_missing", column=column)
    if places.findings:
        return SheetsRead(None, limited(places.findings, places.file), format="xlsform")
    reader = _Reader(sheets, places)
    for sheet in others:
        reader.note(place(sheet.name), "form_not_taken", what=sheet.name)
    written = reader.checklist()
    if not written["sections"] and not places.findings:
        places.fault(place(survey.book.name), "form_empty")
    return places.checked(written, notes=limited(reader.notes, places.file), format="xlsform")


class _Reader:
    def __init__(self, sheets: dict[str, FormSheet], places: Places) -> None:
        self._sheets, self._places = sheets, places
        self.notes: list[Finding] = []
        self._settings = (
            sheets["settings"].rows[0] if "settings" in sheets and sheets["settings"].rows else None
        )
        self._sections: list[dict[str, Any]] = []
        self._questions: dict[str, _Question] = {}
        self._ids: set[str] = set()
        self._groups: list[_Group] = []
        self._open: dict[str, Any] | None = None
        default = self._setting("default_language")
        self._labels = read_labels(sheets["survey"], "label", default)
        self._hints = read_labels(sheets["survey"], "hint", default)
        choices = sheets.get("choices")
        self._choice_labels = read_labels(choices, "label", default) if choices else None
        self._lists: dict[str, list[FormRow]] = {}
        for row in choices.rows if choices else []:
            self._lists.setdefault(row.get("list_name") or row.get("list name"), []).append(row)

    def note(self, cell: str, key: str, **facts: Any) -> None:
        """Note what was not taken, or was taken otherwise."""
        self.notes.append(Finding("", key, facts).in_cell(self._places.file, cell))

    def checklist(self) -> dict[str, Any]:
        """Return the checklist in the written notation, its points all 0."""
        self._untaken_columns()
        for row in self._sheets["survey"].rows:
            self._row(row)
        for group in self._groups:
            self._places.fault(group.cell, "form_group_open", name=group.name)
        for section in [each for each in self._sections if not each["items"]]:
            self._sections.remove(section)
        head = self._head()
        return head | {"sections": self._placed()}

    def _placed(self) -> list[dict[str, Any]]:
        """Give every section and item its pointer's cell, now that empty sections are gone."""
        sections = []
        for n, section in enumerate(self._sections):
            path = at("", "sections", n)
            self._places.cells[path] = section.pop("cell")
            for m, item in enumerate(section["items"]):
                self._places.cells[at(path, "items", m)] = item.pop("cell")
                if (cell := item.pop("when_cell", None)) is not None:
                    self._places.cells[at(path, "items", m, "when")] = cell
            sections.append(section)
        return sections

    def _head(self) -> dict[str, Any]:
        survey = place(self._sheets["survey"].book.name)
        self._places.cells[""] = self._settings.cell("form_id") if self._settings else survey
        self.note(self._places.cells[""], "form_assumed")
        name = self._setting("form_id") or self._places.file.rpartition(".")[0]
        version = self._setting("version")
        title = self._setting("form_title") or name or "XLSForm"
        taken = re.fullmatch(r"[1-9][0-9]{0,5}", version) is not None
        if self._settings and version and not taken:
            self.note(self._settings.cell("version"), "form_not_taken", what=f"version {version[:40]}")
        return {
            "id": re.sub(r"^[^a-z]+|-+$", "", re.sub(r"[^a-z0-9]+", "-", name.lower()))[:64] or "xlsform",
            "version": int(version) if taken else 1,
            "title": {"zh": title, "en": title},
            "visit_kinds": ["announced"],
            "tiers": list(TIERS),
            "points": 0,
            "prohibition_scoring": "per_item",
        }

    def _setting(self, key: str) -> str:
        return self._settings.get(key) if self._settings else ""

    def _untaken_columns(self) -> None:
        """Each column that holds something and is none of ours is named once, at its heading."""
        survey, choices, settings = (self._sheets.get(name) for name in ("survey", "choices", "settings"))
        taken = {"survey": _TAKEN, "choices": {"list_name", "list name", "name"}, "settings": _SETTINGS}
        labels: dict[str, tuple[Labels | None, ...]] = {
            "survey": (self._labels, self._hints),
            "choices": (self._choice_labels,),
            "settings": (),
        }
        for name, sheet in (("survey", survey), ("choices", choices), ("settings", settings)):
            known = set(taken[name]).union(*(each.headings for each in labels[name] if each))
            used = {heading for row in (sheet.rows if sheet else []) for heading in row.values}
            for heading in sheet.columns if sheet else ():
                if heading in used - known:
                    self.note(sheet.heading(heading), "form_not_taken", what=heading[:60])  # type: ignore[union-attr]

    def _row(self, row: FormRow) -> None:
        kind = row.get("type").casefold()
        name = row.get("name")
        if not kind:
            return
        if _END.fullmatch(kind):
            if not self._groups:
                self._places.fault(row.cell("type"), "form_group_end")
            else:
                self._groups.pop()
            if not self._groups:
                self._open = None
            return
        skipped = any(group.skipped for group in self._groups)
        begin = _BEGIN.fullmatch(kind)
        if begin:
            self._begin(row, name, repeat=begin[1] == "repeat", skipped=skipped)
        elif not skipped:
            self._question(row, kind, name)

    def _begin(self, row: FormRow, name: str, *, repeat: bool, skipped: bool) -> None:
        if repeat and not skipped:
            self.note(row.cell("type"), "form_not_taken", what=f"repeat {name}")
        when = None if repeat or skipped else self._relevant(row)
        if not self._groups and not repeat:
            self._section(row, name, when)
            when = None
        elif not repeat and not skipped:
            self.note(row.cell("name"), "form_flattened", name=name)
        self._groups.append(_Group(name, when, repeat or skipped, row.cell("name")))

    def _section(self, row: FormRow, name: str, when: Condition | None) -> None:
        number = len(self._sections) + 1
        words = {"zh": f"第{number}部分", "en": f"Part {number}"}
        if name and self._labels.of(row):
            words = self._words(row, name)
        identity = self._fresh(name or f"Part-{number}", 32)
        section = {"id": identity, "title": words, "points": 0, "items": [], "cell": row.cell("name")}
        self._open = section | ({} if when is None else {"when": when})
        self._sections.append(self._open)

    def _question(self, row: FormRow, kind: str, name: str) -> None:
        if not name:
            self._places.fault(row.cell("name"), "form_name_missing")
            return
        taken = kind_of(row, kind)
        if taken is None:
            self.note(row.cell("type"), "form_not_taken", what=f"{row.get('type')[:60]} {name}")
            return
        words = self._words(row, name)
        item: dict[str, Any] = {
            "id": self._fresh(name, 32), "text": words, "source": f"XLSForm {self._setting('form_id')}".strip(),
            "kind": taken, "points": 0, "cell": row.cell("name"),
        }  # fmt: skip
        if item["id"].casefold() != re.sub(r"[^a-z0-9]+", "-", name.casefold()):
            self.note(row.cell("name"), "form_renamed", name=name[:60], id=item["id"])
        question = _Question(item)
        if taken in ("choice", "multi") and not self._add_options(row, question):
            return
        if taken == "scale":
            item["min"], item["max"] = scale_of(row)  # type: ignore[misc]
        self._add_bounds(row, item)
        self._add_required(row, item)
        self._add_relevant(row, item)
        if row.get("appearance") and not set(row.get("appearance").split()) <= _LOOKS:
            self.note(
                row.cell("appearance"), "form_not_taken", what=f"appearance {row.get('appearance')[:60]}"
            )
        if row.get("parameters") and taken != "scale":
            self.note(
                row.cell("parameters"), "form_not_taken", what=f"parameters {row.get('parameters')[:60]}"
            )
        if self._open is None:
            self._section(row, "", None)
        assert self._open is not None
        self._open["items"].append(item)
        self._questions.setdefault(name, question)

    def _add_options(self, row: FormRow, question: _Question) -> bool:
        """Add the options of the question's list; False when it cannot be asked then."""
        name = re.split(r"\s+", re.sub(r"^select[ _](one|multiple)\s+", "", row.get("type"), flags=re.I))[0]
        rows = self._lists.get(name)
        if not rows:
            self._places.fault(row.cell("type"), "form_list_unknown", list=name[:60])
            return False
        options, question.options, na = options_of(rows, self._choice_labels)
        if na:
            question.item["na"] = True
        if len(options) < 2:
            self.note(row.cell("type"), "form_not_taken", what=row.get("type")[:60])
            return False
        question.item["options"] = options
        return True

    def _add_bounds(self, row: FormRow, item: dict[str, Any]) -> None:
        text = row.get("constraint")
        if not text:
            return
        values = bounds_of(text, item["kind"])
        if values is None:
            self.note(row.cell("constraint"), "form_not_taken", what=f"constraint {text[:60]}")
            return
        item |= values

    def _add_required(self, row: FormRow, item: dict[str, Any]) -> None:
        text = row.get("required").casefold()
        if text in _YES:
            item["required"] = True
        elif text and text not in _NO:
            self.note(row.cell("required"), "form_not_taken", what=f"required {text[:60]}")

    def _add_relevant(self, row: FormRow, item: dict[str, Any]) -> None:
        own = self._relevant(row)
        whens = [each for each in (*(group.when for group in self._groups), own) if each is not None]
        if whens:
            item["when"] = whens[0] if len(whens) == 1 else {"all": whens}
            item["when_cell"] = row.cell("relevant")

    def _relevant(self, row: FormRow) -> Condition | None:
        text = row.get("relevant")
        if not text:
            return None
        try:
            return read_expression(text, self._compared)
        except NotTaken:
            self.note(row.cell("relevant"), "form_not_taken", what=f"relevant {text[:80]}")
            return None

    def _compared(self, name: str, sign: str, value: str, number: bool) -> Condition:
        question = self._questions.get(name)
        if question is None:
            raise NotTaken(name)
        item = question.item
        found = comparable(item, question.options, value)
        if found is None or (sign != "=" and item["kind"] not in ("count", "number", "scale")):
            raise NotTaken(name)
        return {"item": item["id"], {"=": "is", ">=": "at_least", "<=": "at_most"}[sign]: found}

    def _words(self, row: FormRow, name: str) -> dict[str, str]:
        words, missing = self._labels.words(row, name)
        if missing == "all":
            self.note(row.cell("name"), "form_label_missing", name=name[:60])
        elif missing:
            self.note(row.cell("name"), "form_text_assumed", name=name[:60])
        hints = self._hints.of(row)
        if hints:
            either = next(iter(hints.values()))
            words = {
                "zh": f"{words['zh']}（{hints.get('zh', either)}）",
                "en": f"{words['en']} ({hints.get('en', either)})",
            }
        return words

    def _fresh(self, name: str, length: int) -> str:
        """Return an id for a name: letters, digits and hyphens, a capital first, used by nobody else."""
        plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
        plain = (plain if plain[:1].isalpha() else f"Q-{plain}".rstrip("-"))[:length]
        plain = plain[0].upper() + plain[1:]
        fresh, n = plain, 1
        while fresh in self._ids:
            n += 1
            fresh = f"{plain[: length - 5]}-{n}"
        self._ids.add(fresh)
        return fresh
