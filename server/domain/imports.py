"""What imports of tables share: a column and its headings, what becomes of a field, and their Problem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from server.domain.errors import Problem


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its Chinese and English heading, with what its example holds."""

    zh: str
    en: str
    example: str | float
    required: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one field: from what to what, as it is stored (empty: nothing), or in people's words where it is a place.

    `before` None: the row is new. `from_day`: the day from which what is reckoned by months follows; None: it waits for none.
    """

    field: str
    before: str | None
    after: str
    from_day: date | None = None


@dataclass(eq=False)
class TriedFileGone(Problem):
    """The file that was tried is not there any more, or somebody tried another one since."""

    code: ClassVar[str] = "tried-file-gone"
