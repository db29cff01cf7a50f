"""Standards as commands name them: a file of any format, or `id@version` of the folder of checklists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from server.cli import whole_files
from server.cli.terminal import Refused
from server.domain.checklist import Compiled, check_succession, read_checklist
from server.domain.checklist_changes import Comparison, compare
from server.domain.checklist_plain import plain
from server.domain.checklist_succession import declare
from server.domain.checklist_written import Draft
from server.domain.findings import Finding
from server.domain.rules import RuleSet, read_rules
from server.gateways.lock import LOCK, read_lock
from server.gateways.standards import StandardsWrong
from server.gateways.workbook_file import MAX_BYTES
from server.gateways.yaml_lines import read_yaml_text

REFERENCE = re.compile(r"([a-z][a-z0-9-]{0,63})(?:@([1-9][0-9]{0,6}))?", re.ASCII)
_NUMBER = re.compile(r"v([1-9][0-9]{0,6})", re.ASCII)
_SHEETS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

Place = Callable[[list[Finding]], list[Finding]]


@dataclass(frozen=True, slots=True)
class Source:
    """A checklist that was read without a finding, as `name`.

    `declared` has what a workbook's author says of changed items, `notes` what of a form was not taken;
    `place` gives later findings their place. `format` is `yaml`, `workbook` or `xlsform`.
    """

    name: str
    draft: Draft
    compiled: Compiled
    place: Place
    format: str = "yaml"
    declared: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """The id and the version."""
        return self.draft.checklist.id, self.draft.checklist.version


@dataclass(frozen=True, slots=True)
class RuleSource:
    """A rule set that was read without a finding."""

    name: str
    rules: RuleSet


@dataclass(frozen=True, slots=True)
class Plan:
    """A source as the version after the newest published one; `findings` and undeclared changes forbid it."""

    source: Source
    earlier: Source | None
    draft: Draft
    compiled: Compiled | None
    comparison: Comparison | None
    findings: list[Finding]

    @property
    def written(self) -> dict[str, Any]:
        """The version in the written notation."""
        return plain(self.draft)

    @property
    def version(self) -> int:
        """Its number."""
        return self.draft.checklist.version

    @property
    def unchanged(self) -> bool:
        """Whether nothing differs from the version before, the order and the indicators included."""
        return self.earlier is not None and _content(self.draft) == _content(self.earlier.draft)


def source_of(word: str, folder: Path) -> Source | RuleSource:
    """What a word of the command line names. Raises StandardsWrong for its findings, Refused for what is not there."""
    reference = REFERENCE.fullmatch(word)
    if not reference:
        return file_source(Path(word))
    return folder_source(folder, reference[1], int(reference[2]) if reference[2] else None)


def checklist_of(word: str, folder: Path) -> Source:
    """The checklist that a word names. Raises as `source_of` does, and Refused for rules."""
    found = source_of(word, folder)
    if isinstance(found, RuleSource):
        raise Refused("{name} 不是检查表。", name=found.name)
    return found


def folder_source(folder: Path, name: str, version: int | None = None) -> Source | RuleSource:
    """A version of the folder, the newest where none is named."""
    files = versions(folder, name)
    number = version or max(files, default=0)
    if number not in files:
        wanted = f"{name}@{version}" if version else name
        raise Refused("{folder} 里没有 {name}。", folder=whole_files.shown(folder), name=wanted)
    found = file_source(files[number])
    return replace(found, name=f"{name}@{number}")


def versions(folder: Path, name: str) -> dict[int, Path]:
    """The files of a checklist, or of the rules, by version."""
    matched = ((_NUMBER.fullmatch(file.stem), file) for file in (folder / name).glob("v*.yaml"))
    return {int(number[1]): file for number, file in matched if number}


def published(folder: Path, name: str) -> list[int]:
    """The versions that the lock lists, in order. Raises StandardsWrong for what is wrong with the lock."""
    findings: list[Finding] = []
    lock = read_lock(folder / LOCK, findings)
    if findings:
        raise StandardsWrong(findings)
    return sorted(version for known, version in lock if known == name)


def file_source(path: Path) -> Source | RuleSource:
    """A file of any format, told apart by its content. Raises StandardsWrong with all its findings."""
    data, name = whole_files.read(path), whole_files.shown(path)
    if data.startswith(_MAGIC) or path.suffix.lower() in _SHEETS:
        return _of_sheets(data, name)
    return _of_yaml(data, name)


def plan(source: Source, folder: Path) -> Plan:
    """A source as the next version after the newest published one of its checklist.

    What its author says of changed items is applied. Raises StandardsWrong for a version before that is broken.
    """
    known = published(folder, source.key[0])
    if not known:
        written = plain(source.draft) | {"version": 1}
        written.pop("changes", None)
        reading = read_checklist(written)
        return Plan(
            source,
            None,
            reading.draft or source.draft,
            reading.compiled,
            None,
            source.place(reading.findings),
        )
    found = folder_source(folder, source.key[0], known[-1])
    assert isinstance(found, Source)
    reading = read_checklist(declare(plain(source.draft), found.draft, source.declared))
    draft = reading.draft or source.draft
    findings = [*reading.findings, *check_succession(found.draft, draft)]
    # What is undeclared is listed by the comparison, item by item with what changed.
    findings = [each for each in findings if each.message_key != "change_undeclared"]
    comparison = compare(found.draft, draft)
    return Plan(source, found, draft, reading.compiled, comparison, source.place(findings))


def _of_sheets(data: bytes, name: str) -> Source:
    # Readers of workbooks and of conditions in cells, which other commands need not load.
    from server.gateways.checklist_sheets import read_any

    sheets = read_any(data, name)
    if sheets.findings or sheets.draft is None or sheets.compiled is None:
        raise StandardsWrong(sheets.findings)
    return Source(
        name,
        sheets.draft,
        sheets.compiled,
        lambda findings: [each.in_cell(name, None) for each in findings],
        sheets.format,
        sheets.declared,
        tuple(sheets.notes),
    )


def _of_yaml(data: bytes, name: str) -> Source | RuleSource:
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"> {MAX_BYTES // 1_000_000} MB")
        text = data.decode("utf-8")
    except ValueError as error:
        wrong = Finding("", "file_unreadable", {"reason": str(error)}).placed(name, None)
        raise StandardsWrong([wrong]) from error
    written = read_yaml_text(text, name)
    if written.findings:
        raise StandardsWrong(written.findings)
    if isinstance(written.value, dict) and "valid_from" in written.value and "sections" not in written.value:
        rules, findings = read_rules(written.value)
        if rules is None:
            raise StandardsWrong(written.place(findings))
        return RuleSource(name, rules)
    reading = read_checklist(written.value)
    if reading.findings or reading.draft is None or reading.compiled is None:
        raise StandardsWrong(written.place(reading.findings))
    return Source(name, reading.draft, reading.compiled, written.place)


def _content(draft: Draft) -> dict[str, Any]:
    """A checklist without what is said of the version itself."""
    return {
        name: value for name, value in plain(draft).items() if name not in ("version", "changes", "retired")
    }
