"""Rule sets as YAML files that people take away, edit and bring back."""

from __future__ import annotations

from typing import Any

from server.domain.findings import Finding
from server.domain.rules import read_rules
from server.gateways.rules_yaml import rules_text
from server.gateways.yaml_lines import read_yaml_text

MOST_BYTES = 2_000_000
YAML = "application/yaml; charset=utf-8"


def read_file(data: bytes, name: str) -> tuple[dict[str, Any], list[Finding]]:
    """A rule set from a YAML file, as written, with every finding at its line; nothing is stored."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {}, [Finding("", "file_unreadable", {"reason": "UTF-8"}).placed(name, None)]
    written = read_yaml_text(text, name)
    if written.findings:
        return {}, written.findings
    _, findings = read_rules(written.value)
    return (written.value if isinstance(written.value, dict) else {}), written.place(findings)


def write_file(written: dict[str, Any]) -> bytes:
    """The YAML of a rule set in the written notation."""
    return rules_text(written).encode()
