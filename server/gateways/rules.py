"""The rule files of evidence and review: reads `checklists/rules/evidence-v<n>.yaml`, the one valid on a day."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

from server.config import ROOT
from server.domain.evidence import EvidenceRules

FOLDER = ROOT / "checklists" / "rules"


class NoRules(LookupError):
    """No rule file is valid on the day asked for."""


def evidence_rules(day: date, folder: Path = FOLDER) -> EvidenceRules:
    """The newest rules valid on that day. Raises NoRules, or pydantic's ValidationError for a wrong file."""
    valid = [rules for rules in _all(folder) if rules.valid_from <= day]
    if not valid:
        raise NoRules(f"no evidence rules are valid on {day.isoformat()}")
    return max(valid, key=lambda rules: (rules.valid_from, rules.version))


@lru_cache(maxsize=8)
def _all(folder: Path) -> tuple[EvidenceRules, ...]:
    return tuple(
        EvidenceRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("evidence-v*.yaml"))
    )
