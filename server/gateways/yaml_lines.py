"""YAML as our data files use it: plain values with the line of each, and no surprises.

A small part of YAML is enough and safe: mappings, lists, texts, whole numbers, true, false, null. `yes` and
`no` stay words, `0.5` and dates stay texts, and anchors, tags, merge keys and doubled keys are findings.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from server.domain.findings import Finding, at

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
"""What the base loader gives to values without a tag of their own."""

_DEEPEST = 40
_COMPOSED = 200
"""How deep a text may be at all: the C library composes it by recursion, and ends the process at thousands."""


@dataclass(slots=True)
class Written:
    """The content of a YAML file: its value, the line of each JSON pointer, and what is wrong with it."""

    file: str
    value: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    nodes: set[int] = field(default_factory=set, repr=False)
    """The identities of the nodes met: an alias is a node that is met again."""

    def place(self, findings: list[Finding]) -> list[Finding]:
        """Return the findings with this file and the line of the nearest place that the file has."""
        return [each.placed(self.file, self._line(each.path)) for each in findings]

    def _line(self, path: str) -> int:
        while path and path not in self.lines:
            path = path.rpartition("/")[0]
        return self.lines.get(path, 1)


def read_yaml(file: Path, name: str) -> Written:
    """Read one YAML file; `name` is how findings call it. What cannot be read is a finding, not an error."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        written = Written(name)
        written.findings.append(Finding("", "file_unreadable", {"reason": str(error)}).placed(name, None))
        return written
    return read_yaml_text(text, name)


def read_yaml_text(text: str, name: str) -> Written:
    """Read the text of a YAML file; `name` is how findings call it."""
    written = Written(name)
    try:
        line = _too_deep(text)
        if line:
            _refuse(written, "", line, "nesting")
            return written
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else None
        written.findings.append(Finding("", "yaml_syntax", {"reason": reason}).placed(name, line))
        return written
    if root is not None:
        written.value = _value(root, "", written, 0)
    return written


def _too_deep(text: str) -> int | None:
    """Return the line where a text is nested too deep to be composed."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _COMPOSED:
                return int(event.start_mark.line) + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _value(node: yaml.Node, path: str, written: Written, depth: int) -> Any:
    line = written.lines.setdefault(path, node.start_mark.line + 1)
    refused = "nesting" if depth > _DEEPEST else "alias" if id(node) in written.nodes else None
    if node.tag not in _TAGS:
        refused = "tag"
    if refused:
        _refuse(written, path, line, refused)
        return None
    written.nodes.add(id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, written, depth)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, at(path, n), written, depth + 1) for n, each in enumerate(node.value)]
    return _scalar(node.value, plain=isinstance(node, yaml.ScalarNode) and not node.style)


def _mapping(node: yaml.MappingNode, path: str, written: Written, depth: int) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            _refuse(written, path, line, "complex key")
            continue
        key = key_node.value
        if key == "<<" or key in mapping:
            twice = Finding(path, "key_twice", {"key": key})
            merge = Finding(path, "yaml_feature", {"feature": "<<"})
            written.findings.append((merge if key == "<<" else twice).placed(written.file, line))
            continue
        written.lines[at(path, key)] = line
        mapping[key] = _value(value_node, at(path, key), written, depth + 1)
    return mapping


def _scalar(text: str, *, plain: bool) -> Any:
    """A plain word may be a whole number, true, false or null; everything quoted or else is a text."""
    if not plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE.fullmatch(text) else text


def _refuse(written: Written, path: str, line: int, feature: str) -> None:
    written.findings.append(Finding(path, "yaml_feature", {"feature": feature}).placed(written.file, line))
