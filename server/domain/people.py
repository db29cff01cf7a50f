"""The Problems of people and their accounts, beside those of `errors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from server.domain.errors import Problem


@dataclass(eq=False)
class UserDisabled(Problem):
    """The account was disabled, so nothing can be given to it."""

    code: ClassVar[str] = "user-disabled"
    username: str = ""
