"""Findings: what is wrong with a checklist or an answer, as a value, and its sentence in zh and en."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: JSON pointer, message key, facts; the reader of a file adds file and line."""

    path: str
    message_key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None
    file: str | None = None

    def placed(self, file: str, line: int | None) -> "Finding":
        """Return the same finding with the file and the line (from 1) where it stands."""
        return replace(self, file=file, line=line)


def at(path: str, *steps: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a place below `path`."""
    return path + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
