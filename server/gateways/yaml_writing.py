"""YAML as our data files are written: lists indented, short mappings and plain lists in one line, Chinese as it is."""

import re
from typing import Any

import yaml

_WIDTH = 110
_BREAKS = re.compile("[\\n\\r\\x85\\u2028\\u2029]")


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


def dumped(written: dict[str, Any], *, over_lines: frozenset[str] = frozenset()) -> str:
    """Return JSON values as YAML text; mappings under a key of `over_lines` are never in one line."""
    shaped = _shaped(written, "", over_lines)
    return yaml.dump(shaped, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def _shaped(value: Any, key: str, over_lines: frozenset[str]) -> Any:
    if isinstance(value, dict):
        shaped = {name: _shaped(inner, name, over_lines) for name, inner in value.items()}
        short = key and key not in over_lines and _flat(value) and len(str(value)) < _WIDTH - 30
        return _InOneLine(shaped) if key == "when" or short else shaped
    if isinstance(value, list):
        rows = all(not isinstance(each, dict) for each in value)
        shaped_list = [_shaped(each, "row", over_lines) for each in value]
        return _ListInOneLine(shaped_list) if rows or key in ("all", "any") else shaped_list
    return value


def _flat(value: dict[str, Any]) -> bool:
    return all(not isinstance(inner, dict | list) or inner == [] for inner in value.values())
