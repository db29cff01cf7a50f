"""What a recheck is of: an accepted visit of the same outlet and checklist that its inspector may know of; else why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from server.domain.errors import Problem


@dataclass(eq=False)
class RecheckUnnamed(Problem):
    """A recheck names the visit that it looks at again, and nothing else names one."""

    code: ClassVar[str] = "recheck-unnamed"


@dataclass(eq=False)
class RecheckUnfit(Problem):
    """The outlet has no accepted visit of this id with this checklist."""

    code: ClassVar[str] = "recheck-unfit"
    visit: str = ""
    outlet: str = ""
    checklist: str = ""


@dataclass(eq=False)
class RecheckSecret(Problem):
    """The visit is covert and not published, and the inspector is somebody who must not know of it yet."""

    code: ClassVar[str] = "recheck-secret"
    visit: str = ""
    username: str = ""
