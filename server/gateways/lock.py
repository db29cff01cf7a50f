"""The lock of the standards, `published.lock`: what is published, by name, version and SHA-256; it only grows.

A line is `<checklist id> <version> <sha256>`, `rules <version> <sha256>`, or `calendar-<year> <version> <sha256>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from server.domain.findings import Finding

LOCK = "published.lock"
RULES = "rules"
CALENDAR = "calendar-"
"""How the name of a year's calendar begins."""

_HEAD = "# id version SHA-256 of the compiled JSON; a published version never changes, this file only grows"


class Hashed(Protocol):
    """A version of a standard."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of its canonical JSON, in hex."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the lock: its number from 1, and the hash."""

    line: int
    sha256: str


def is_of_rules(key: tuple[str, int]) -> bool:
    """Tell whether a lock line is of a rule set or a calendar, by its name and version."""
    return key[0] == RULES or key[0].startswith(CALENDAR)


def lock_text(standards: Mapping[tuple[str, int], Hashed]) -> str:
    """Return the lock file's text with a line for each version given, in order of name and version."""
    lines = [f"{name} {version} {standards[name, version].sha256}" for name, version in sorted(standards)]
    return "\n".join([_HEAD, *lines, ""])


def changed(entry: Entry | None, sha256: str) -> list[Finding]:
    """Return the finding of a published version that was changed, or nothing."""
    if entry is None or entry.sha256 == sha256:
        return []
    facts = {
        "expected": entry.sha256[:12],
        "found": sha256[:12],
        "lock": LOCK,
        "lock_line": entry.line,
    }
    return [Finding("/version", "published_changed", facts)]


def read_lock(file: Path, findings: list[Finding]) -> dict[tuple[str, int], Entry]:
    """Return the lines of the lock by name and version; what is wrong with the file is added to `findings`."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        findings.append(Finding("", "file_unreadable", {"reason": _reason(error)}).placed(LOCK, None))
        return {}
    entries: dict[tuple[str, int], Entry] = {}
    for line, content in enumerate(text.splitlines(), start=1):
        words = content.split()
        if not words or content.startswith("#"):
            continue
        if len(words) != 3 or not words[1].isdecimal() or len(words[2]) != 64:
            findings.append(Finding("", "lock_line").placed(LOCK, line))
            continue
        key = words[0], int(words[1])
        if key in entries:
            findings.append(Finding("", "lock_twice", {"name": f"{key[0]} v{key[1]}"}).placed(LOCK, line))
        entries[key] = Entry(line, words[2])
    return entries


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
