"""The Problems of people, their accounts and what is given to them to inspect, beside those of `errors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from server.domain.errors import Problem, RotationForbids


def name_fits(text: str, most: int) -> bool:
    """Whether a name is not empty nor longer than `most`, has no blanks around it and no signs that do not print."""
    return 1 <= len(text) <= most and text == text.strip() and text.isprintable()


@dataclass(eq=False)
class UserDisabled(Problem):
    """The account was disabled, so nothing can be given to it."""

    code: ClassVar[str] = "user-disabled"
    username: str = ""


@dataclass(eq=False)
class UsernameWrong(Problem):
    """What is typed at every sign-in is empty, too long, or holds a blank or a sign that does not print."""

    code: ClassVar[str] = "username-wrong"
    most: int = 0


@dataclass(eq=False)
class PlaceNotForRole(Problem):
    """This role belongs to another sort of outlet or unit (handbook 01)."""

    code: ClassVar[str] = "place-not-for-role"
    role: str = ""
    place: str = ""


@dataclass(eq=False)
class OutletNotTheirs(Problem):
    """A hall manager inspects the own hall alone, managers of areas and branches what lies in theirs (handbook 01)."""

    code: ClassVar[str] = "outlet-not-theirs"
    username: str = ""
    outlet: str = ""


@dataclass(eq=False)
class RotationPlanned(RotationForbids):
    """The same, of a shopper who has not been there yet but is to go: `last` is the first day of that assignment."""

    code: ClassVar[str] = "rotation-planned"
