"""A checklist as the YAML of our files: what `checklists/README.md` shows, written so that people can read it."""

import re
from typing import Any

from server.domain.checklist import Reading, read_checklist
from server.domain.findings import Finding
from server.gateways.yaml_lines import read_yaml_text
from server.gateways.yaml_writing import dumped

_HEAD = """\
# yaml-language-server: $schema=../checklist.schema.json
# Points are hundredths of a point, credits thousandths, times seconds; checklists/README.md shows each kind.
"""
_BEGINS = re.compile(r"(?<=[^:]\n)^(  |      )- id: [A-Za-z][A-Za-z0-9_-]*$", re.MULTILINE)
"""The first line of a section or an item; a line of a text that goes on stands further to the right."""

_OVER_LINES = frozenset({"title", "text", "row"})
"""What is never written in one line."""


def yaml_text(written: dict[str, Any]) -> str:
    """Return a checklist in the written notation as the text of its file; reading it gives the same back."""
    head, sections, rest = dumped(written, over_lines=_OVER_LINES).partition("\nsections:\n")
    # An item or a section begins after a blank line, unless it is the first of its list.
    return _HEAD + head + sections + _BEGINS.sub("\n\\g<0>", rest)


def read_yaml_checklist(text: str, name: str) -> tuple[Any, Reading]:
    """Return what a checklist's YAML says and its reading, every finding with file and line."""
    written = read_yaml_text(text, name)
    if written.findings:
        return None, Reading(None, written.findings, None)
    reading = read_checklist(written.value)
    findings: list[Finding] = written.place(reading.findings)
    return written.value, Reading(reading.compiled, findings, reading.draft)
