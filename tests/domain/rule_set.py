"""The published rule set that the tests of figures compute with."""

from server.config import ROOT
from server.domain.rules import RuleSet
from server.gateways.rules import read_rule_files


def published() -> RuleSet:
    """Rule set 1 of our folder."""
    found = [
        file.content
        for file in read_rule_files(ROOT / "checklists").values()
        if isinstance(file.content, RuleSet) and file.content.version == 1
    ]
    return found[0]


RULES = published()
