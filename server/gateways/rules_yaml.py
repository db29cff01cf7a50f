"""A rule set as the YAML of our files, each part under its name."""

from typing import Any

from server.domain.rules import RuleSet
from server.gateways.yaml_writing import dumped

_HEAD = """\
# yaml-language-server: $schema=../rules.schema.json
# 分数、权重、比率按 100 计，金额为分，小数写成带引号的文字 '1.1'。
# Scores, weights and rates are of 100, money is in fen, a number with decimals is a text such as '1.1'.
"""


def rules_text(written: dict[str, Any]) -> str:
    """Return a rule set in the written notation as the text of its file; reading it gives the same back."""
    lines = [_HEAD.rstrip()]
    for line in dumped(written).splitlines():
        key = line.partition(":")[0]
        field = RuleSet.model_fields.get(key)
        if field is not None and line == f"{key}:":
            lines += ["", f"# {field.description}"]
        lines.append(line)
    return "\n".join(lines) + "\n"
