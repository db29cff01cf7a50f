"""The rule set of our own folder, for tests of what follows from rules."""

from __future__ import annotations

from server.config import ROOT
from server.domain.rules import RuleSet
from server.gateways.rules import read_rule_files

_first = read_rule_files(ROOT / "checklists")["rules", 1].content
assert isinstance(_first, RuleSet)
RULES = _first
"""Version 1."""
