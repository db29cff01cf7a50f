"""The checklist: reading it as written, its load-time checks, and compiled(): the canonical JSON.

The written notation is in `checklist_written`, the checks of meaning in `checklist_checks`, what is checked beside faults of
shape in `checklist_mending`, the reduction to
what phone and server interpret in `checklist_compile`.
"""

import json
from dataclasses import dataclass
from hashlib import sha256

from server.domain.checklist_checks import check
from server.domain.checklist_compile import Compiled, compile_draft
from server.domain.checklist_mending import beside
from server.domain.checklist_succession import check_succession
from server.domain.checklist_written import Draft, read_shape
from server.domain.findings import Finding

__all__ = [
    "Compiled",
    "Reading",
    "canonical",
    "check_succession",
    "compile_bare",
    "fingerprint",
    "read_checklist",
]


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a checklist gave: its compiled form, or None, and everything that is wrong with it."""

    compiled: Compiled | None
    findings: list[Finding]
    draft: Draft | None


def read_checklist(written: object) -> Reading:
    """Check a checklist as written (plain JSON values), whole, and compile it."""
    draft, findings = read_shape(written)
    if findings:
        findings = findings + beside(written, findings)
    elif draft is not None:
        findings = check(draft)
    compiled = None if findings or draft is None else compile_draft(draft)
    return Reading(compiled, findings, draft)


def compile_bare(written: object) -> Compiled:
    """Compile the written notation without texts, sources and totals, as in the vectors.

    Raises ValueError when the shape is wrong; the checks of meaning are left out.
    """
    draft, findings = read_shape(written)
    if draft is None or findings:
        raise ValueError("; ".join(f"{each.path}: {each.message_key}" for each in findings))
    return compile_draft(draft)


def canonical(compiled: Compiled) -> bytes:
    """Return the canonical JSON: UTF-8, sorted keys, no blanks."""
    return json.dumps(compiled, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fingerprint(compiled: Compiled) -> str:
    """Return the SHA-256 of the canonical JSON, in hex."""
    return sha256(canonical(compiled)).hexdigest()
