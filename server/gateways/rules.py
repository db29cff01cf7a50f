"""The folder of rule sets: reads `rules/v<n>.yaml` and `rules/calendar/<year>.yaml`, held by `published.lock`.

A notice that changes a year after its calendar was published makes `<year>-v2.yaml`, with `version: 2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from server.domain.calendars import Calendar, Calendars, calendar_fingerprint, read_calendar
from server.domain.findings import Finding
from server.domain.rules import RuleSet, fingerprint, read_rules
from server.gateways.lock import CALENDAR, LOCK, RULES, Entry, changed, is_of_rules, read_lock
from server.gateways.standards import StandardsWrong
from server.gateways.yaml_lines import read_yaml

Key = tuple[str, int]
"""Name and version as in the lock: `("rules", 1)`, `("calendar-2026", 1)`."""

_RULES_FILE = re.compile(r"v([1-9][0-9]{0,5})", re.ASCII)
_CALENDAR_FILE = re.compile(r"([0-9]{4})(?:-v([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file of the folder: a rule set or a calendar, its SHA-256, and whether the lock lists it."""

    content: RuleSet | Calendar
    sha256: str
    published: bool


def read_rule_files(folder: Path) -> dict[Key, RuleFile]:
    """Return every rule set and calendar under the folder of checklists, by name and version.

    Raises StandardsWrong with every finding of every file at once: YAML, form, meaning, names, and published
    versions that were changed or are gone. What is wrong with the lock itself `read_standards` tells.
    """
    findings: list[Finding] = []
    lock = read_lock(folder / LOCK, [])
    files: dict[Key, RuleFile] = {}
    found: set[Key] = set()
    for file, key in _files(folder):
        name = file.relative_to(folder).as_posix()
        if key is None:
            facts = {"expected": "v<n>.yaml, <year>.yaml, <year>-v<n>.yaml", "found": file.name}
            findings.append(Finding("", "file_name_differs", facts).placed(name, None))
            continue
        found.add(key)
        written = read_yaml(file, name)
        findings += written.findings
        if not written.findings:
            content, wrong = _read(written.value, key, lock.get(key))
            findings += written.place(wrong)
            if content is not None:
                files[key] = content
    for key, entry in lock.items():
        if is_of_rules(key) and key not in found:
            facts = {"name": f"{key[0]} v{key[1]}"}
            findings.append(Finding("", "published_missing", facts).placed(LOCK, entry.line))
    if findings:
        raise StandardsWrong(sorted(findings, key=lambda each: (each.file or "", each.line or 0)))
    return files


@lru_cache(maxsize=8)
def published_calendars(folder: Path) -> Calendars:
    """Return the published calendars under the folder of checklists, the latest version of each year.

    Read once in a process: what is published does not change. Raises StandardsWrong.
    """
    years: dict[int, Calendar] = {}
    for _, file in sorted(read_rule_files(folder).items()):
        if file.published and isinstance(file.content, Calendar):
            years[file.content.year] = file.content
    return Calendars(years)


def _files(folder: Path) -> Iterator[tuple[Path, Key | None]]:
    """Each file with its key; None for a name that says neither a version nor a year."""
    for file in sorted((folder / RULES).glob("*.yaml")):
        version = _RULES_FILE.fullmatch(file.stem)
        yield file, (RULES, int(version[1])) if version else None
    for file in sorted((folder / RULES / "calendar").glob("*.yaml")):
        year = _CALENDAR_FILE.fullmatch(file.stem)
        yield file, (f"{CALENDAR}{year[1]}", int(year[2] or 1)) if year else None


def _read(written: object, key: Key, entry: Entry | None) -> tuple[RuleFile | None, list[Finding]]:
    content: RuleSet | Calendar | None
    if key[0] == RULES:
        rules, findings = read_rules(written)
        named = None if rules is None else (RULES, rules.version)
        sha256 = "" if rules is None else fingerprint(rules)
        content = rules
    else:
        calendar, findings = read_calendar(written)
        named = None if calendar is None else (f"{CALENDAR}{calendar.year}", calendar.version)
        sha256 = "" if calendar is None else calendar_fingerprint(calendar)
        content = calendar
    if content is None or named is None:
        return None, findings
    if named != key:
        facts = {"expected": f"{key[0]} v{key[1]}", "found": f"{named[0]} v{named[1]}"}
        return None, [Finding("/version", "file_name_differs", facts)]
    return RuleFile(content, sha256, entry is not None), changed(entry, sha256)
