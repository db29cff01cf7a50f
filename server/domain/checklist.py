"""The checklist as written, its load-time checks, and compiled(): the canonical JSON that both sides read."""

from dataclasses import dataclass
from typing import Any

from server.domain.findings import Finding

ENGINE = 1
Compiled = dict[str, Any]
"""The compiled checklist of engine 1, JSON-able."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a checklist gave: its compiled form, or None, and everything that is wrong with it."""

    compiled: Compiled | None
    findings: list[Finding]


def read_checklist(written: object) -> Reading:
    """Check a checklist as written (plain JSON values), whole, and compile it."""
    raise NotImplementedError


def compile_bare(written: object) -> Compiled:
    """Compile a checklist in the written notation without texts, sources and totals (the vectors')."""
    raise NotImplementedError


def canonical(compiled: Compiled) -> bytes:
    """Return the canonical JSON: UTF-8, sorted keys, no blanks."""
    raise NotImplementedError


def fingerprint(compiled: Compiled) -> str:
    """Return the SHA-256 of the canonical JSON, in hex."""
    raise NotImplementedError
