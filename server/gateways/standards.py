"""The folder of checklists: reads `<id>/v<n>.yaml` and `published.lock`, with the line of every finding."""

from dataclasses import dataclass
from pathlib import Path

from server.domain.checklist import Compiled, check_succession, fingerprint, read_checklist
from server.domain.checklist_written import Draft
from server.domain.findings import Finding, listed
from server.gateways.lock import LOCK, changed, is_of_rules, lock_text, read_lock
from server.gateways.yaml_lines import Written, read_yaml

__all__ = ["LOCK", "Standard", "StandardsWrong", "lock_text", "read_standards"]

NOT_CHECKLISTS = frozenset({"rules"})
"""Folders beside the checklists that hold something else: the rule sets."""


@dataclass(frozen=True, slots=True)
class Standard:
    """One checklist version of the folder: as written, compiled, its SHA-256, whether the lock file lists it."""

    draft: Draft
    compiled: Compiled
    sha256: str
    published: bool

    @property
    def key(self) -> tuple[str, int]:
        """The id and the version."""
        return self.compiled["id"], self.compiled["version"]


class StandardsWrong(Exception):
    """The folder of checklists has findings; the message lists them all, with file and line."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(listed(findings, "en"))
        self.findings = findings


def read_standards(folder: Path) -> dict[tuple[str, int], Standard]:
    """Return every checklist version of the folder by (id, version), those of the lock and the newer ones.

    Raises StandardsWrong with every finding of every file at once: YAML, shape, meaning, ids that return
    with another meaning, and published versions that were changed or are gone.
    """
    findings: list[Finding] = []
    lock = read_lock(folder / LOCK, findings)
    standards: dict[tuple[str, int], Standard] = {}
    drafts: dict[tuple[str, int], tuple[Draft, Written]] = {}
    found: set[tuple[str, int]] = set()
    for file in _files(folder):
        name = file.relative_to(folder).as_posix()
        key = _key(file)
        found.add(key)
        written = read_yaml(file, name)
        findings += written.findings
        if written.findings:
            continue
        reading = read_checklist(written.value)
        placed = [*reading.findings, *_misnamed(reading.draft, key)]
        if reading.draft is not None and reading.compiled is not None and not placed:
            sha256 = fingerprint(reading.compiled)
            entry = lock.get(key)
            placed += changed(entry, sha256)
            standards[key] = Standard(reading.draft, reading.compiled, sha256, entry is not None)
        if reading.draft is not None:
            drafts[key] = reading.draft, written
        findings += written.place(placed)
    findings += _successions(drafts)
    for key, entry in lock.items():
        if key not in found and not is_of_rules(key):
            facts = {"name": f"{key[0]} v{key[1]}"}
            findings.append(Finding("", "published_missing", facts).placed(LOCK, entry.line))
    if findings:
        raise StandardsWrong(sorted(findings, key=lambda each: (each.file or "", each.line or 0)))
    return standards


def _files(folder: Path) -> list[Path]:
    return sorted(
        (file for file in folder.glob("*/v*.yaml") if file.parent.name not in NOT_CHECKLISTS), key=_key
    )


def _key(file: Path) -> tuple[str, int]:
    number = file.stem.removeprefix("v")
    return file.parent.name, int(number) if number.isdecimal() else 0


def _misnamed(draft: Draft | None, key: tuple[str, int]) -> list[Finding]:
    if draft is None or (draft.checklist.id, draft.checklist.version) == key:
        return []
    found = f"{draft.checklist.id}/v{draft.checklist.version}"
    return [Finding("/version", "file_name_differs", {"expected": f"{key[0]}/v{key[1]}", "found": found})]


def _successions(drafts: dict[tuple[str, int], tuple[Draft, Written]]) -> list[Finding]:
    findings = []
    for (name, version), (earlier, _) in drafts.items():
        later = min((v for n, v in drafts if n == name and v > version), default=None)
        if later is not None:
            draft, written = drafts[name, later]
            findings += written.place(check_succession(earlier, draft))
    return findings
