"""The Problems of drafts and of published standards, beside those of `errors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from server.domain.errors import Problem
from server.domain.findings import Finding


@dataclass(eq=False)
class WrongStandard(Problem):
    """A checklist or rule set that cannot be taken as it is, with everything that is wrong with it."""

    code: ClassVar[str] = "standard-wrong"
    findings: tuple[Finding, ...] = ()


@dataclass(eq=False)
class DraftExists(Problem):
    """Somebody is already writing the next version; `author` is a name, `standard` a checklist's id or `rules`."""

    code: ClassVar[str] = "draft-exists"
    standard: str = ""
    author: str = ""


@dataclass(eq=False)
class DraftChanged(Problem):
    """The draft was saved by somebody after the page was opened."""

    code: ClassVar[str] = "draft-changed"
    author: str = ""


@dataclass(eq=False)
class OtherStandard(Problem):
    """A draft takes the content of its own checklist alone; both are ids."""

    code: ClassVar[str] = "other-standard"
    standard: str = ""
    found: str = ""


@dataclass(eq=False)
class DraftStateForbids(Problem):
    code: ClassVar[str] = "draft-state-forbids"


@dataclass(eq=False)
class DraftOutdated(Problem):
    """Another version was published since the draft was begun."""

    code: ClassVar[str] = "draft-outdated"
    version: int = 0


@dataclass(eq=False)
class NothingChanged(Problem):
    code: ClassVar[str] = "nothing-changed"
    version: int = 0


@dataclass(eq=False)
class NoteMissing(Problem):
    """A new version needs a sentence that says why it is made."""

    code: ClassVar[str] = "note-missing"


@dataclass(eq=False)
class OwnProposal(Problem):
    """Who wrote or proposed a version does not confirm it."""

    code: ClassVar[str] = "own-proposal"


@dataclass(eq=False)
class AlreadyRetired(Problem):
    code: ClassVar[str] = "already-retired"


@dataclass(eq=False)
class RulesInForce(Problem):
    """Rules that hold or have held are not taken back; a newer set takes their place."""

    code: ClassVar[str] = "rules-in-force"
    valid_from: str = ""
