"""Which photographs a visit's report shows, and under which names."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.visit import VisitDocument
from server.queries import releases, words
from server.queries.answers import Answered
from server.reports.facts import Photo
from server.reports.words import Translate
from server.storage.visits import VisitFile


@dataclass(frozen=True, slots=True)
class Photos:
    """All photographs that arrived, or of a covert visit for its outlet the masked ones alone (`bare`)."""

    arrived: dict[str, VisitFile]
    released: dict[str, str]
    bare: bool
    say: Translate = str

    def of(self, one: Answered) -> tuple[Photo, ...]:
        """The photographs of an item. Masked ones go by their own names, without instant or origin."""
        taken = [file for file in one.files if file.kind in releases.KINDS and file.sha256 in self.arrived]
        if self.bare:
            return tuple(
                Photo(sha256=self.released[file.sha256], caption=file.caption or "")
                for file in taken
                if file.sha256 in self.released
            )
        return tuple(
            Photo(
                sha256=file.sha256,
                caption=file.caption or "",
                taken_at=file.taken_at,
                origin=self.say(words.ORIGINS[file.origin]) if file.origin else None,
                state="expired" if self.arrived[file.sha256].expired_at else "shown",
            )
            for file in taken
        )

    def withheld(self, document: VisitDocument) -> int:
        """How many photographs of the visit the outlet's edition does not show."""
        taken = {file.sha256 for file in document.files if file.kind in releases.KINDS} & set(self.arrived)
        return len(taken - set(self.released)) if self.bare else 0
