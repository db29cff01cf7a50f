"""Whether a checklist can be a workbook that comes back whole: its shape, and texts and conditions that cells hold."""

import re
from collections.abc import Iterator
from typing import Any

from server.domain.checklist_plain import plain
from server.domain.checklist_written import Draft, read_shape, written_conditions
from server.domain.conditions import read_condition
from server.domain.findings import Finding, at, listed
from server.gateways.condition_text import DEEPEST, LONGEST, condition_text, read_condition_text

LONGEST_CELL = 32_767
# XML has no place for them, and texts that look like Excel's own escapes twice over do not come back.
UNFIT = re.compile("[\ufffe\uffff]|_x[0-9A-Fa-f]{4}_x[0-9A-Fa-f]{4}_|[\ud800-\udfff]")


class NotForSheets(ValueError):
    """The checklist cannot be written as a workbook that comes back whole; holds the findings."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(listed(findings, "en"))
        self.findings = findings


def whole(written: dict[str, Any]) -> dict[str, Any]:
    """Return a written checklist in its plain form; raises NotForSheets when its shape is wrong or does not fit."""
    draft, findings = read_shape(written)
    if draft is None or findings:
        raise NotForSheets(findings)
    checklist = plain(draft)
    unfit = [*_unfit(checklist, ""), *_unfit_conditions(draft), *_unfit_bands(draft)]
    if unfit:
        raise NotForSheets(unfit)
    return checklist


def _unfit(value: Any, path: str) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _unfit(inner, at(path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _unfit(inner, at(path, n))
    elif isinstance(value, str):
        # Excel counts UTF-16 units.
        length = len(value) + sum(character > "\uffff" for character in value)
        if length > LONGEST_CELL:
            yield Finding(path, "unfit_long", {"length": length, "limit": LONGEST_CELL})
        if UNFIT.search(value):
            yield Finding(path, "unfit_characters")


def _unfit_conditions(draft: Draft) -> Iterator[Finding]:
    """A draft may hold conditions that are none, or are nested deeper than anybody reads."""
    for placed in (*draft.sections, *draft.items()):
        for steps, written in written_conditions(placed):
            path = at(placed.path, *steps)
            _, wrong = read_condition(written, path)
            yield from wrong
            if not wrong and read_condition_text(condition_text(written), path)[0] != written:
                yield Finding(path, "text_condition_long", {"length": LONGEST, "depth": DEEPEST})


def _unfit_bands(draft: Draft) -> Iterator[Finding]:
    for placed in draft.items():
        for table in (placed.item.bands or [], *(case.bands for case in placed.item.cases)):
            if any(len(row) != 2 or not isinstance(row[1], int) for row in table):
                yield Finding(at(placed.path, "bands"), "band_shape")
