"""A checklist as the YAML of our files: what `checklists/README.md` shows, written so that people can read it."""

import re
from typing import Any

import yaml

from server.domain.checklist import Reading, read_checklist
from server.domain.findings import Finding
from server.gateways.yaml_lines import read_yaml_text

_HEAD = """\
# yaml-language-server: $schema=../checklist.schema.json
# Points are hundredths of a point, credits thousandths, times seconds; checklists/README.md shows each kind.
"""
_IN_LINES = frozenset({"title", "text"})
"""What is always written over several lines; other mappings stand in one line where they are short."""

_WIDTH = 110
_BEGINS = re.compile(r"(?<=[^:]\n)^(  |      )- id: [A-Za-z][A-Za-z0-9_-]*$", re.MULTILINE)
"""The first line of a section or an item; a line of a text that goes on stands further to the right."""

_BREAKS = re.compile("[\\n\\r\x85\u2028\u2029]")


class _InOneLine(dict[str, Any]):
    pass


class _ListInOneLine(list[Any]):
    pass


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key, as our files do."""
        super().increase_indent(flow, False)


_Dumper.add_representer(
    _InOneLine, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, True)
)
_Dumper.add_representer(
    _ListInOneLine, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, True)
)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Quote texts with breaks of any kind, with their escapes: the other styles take one break for another."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, '"' if _BREAKS.search(text) else None)


_Dumper.add_representer(str, _represent_text)


def yaml_text(written: dict[str, Any]) -> str:
    """Return a checklist in the written notation as the text of its file; reading it gives the same back."""
    dumped = yaml.dump(
        _shaped(written, ""), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH
    )
    head, sections, rest = dumped.partition("\nsections:\n")
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


def _shaped(value: Any, key: str) -> Any:
    """Short mappings and lists of plain values stand in one line."""
    if isinstance(value, dict):
        shaped = {name: _shaped(inner, name) for name, inner in value.items()}
        short = key not in _IN_LINES and _flat(value) and len(str(value)) < _WIDTH - 30
        return _InOneLine(shaped) if key == "when" or short else shaped
    if isinstance(value, list):
        shaped_list = [_shaped(each, "") for each in value]
        rows = all(not isinstance(each, dict) for each in value)
        return _ListInOneLine(shaped_list) if rows or key in ("all", "any") else shaped_list
    return value


def _flat(value: dict[str, Any]) -> bool:
    return all(not isinstance(inner, dict | list) or inner == [] for inner in value.values())
