"""Which photographs a visit's report shows, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.domain.visit import VisitDocument
from server.queries import releases, words
from server.queries.answers import Answered
from server.reports.facts import Photo
from server.reports.words import Translate
from server.storage.visits import Visit, VisitFile
from server.usecases.work import Work


@dataclass(frozen=True, slots=True)
class Photos:
    """All photographs that arrived, or of a covert visit for its outlet the masked ones alone (`bare`).

    `gone` are masked ones whose time has come, by the photograph.
    """

    arrived: dict[str, VisitFile]
    released: dict[str, str]
    bare: bool
    say: Translate = str
    gone: Mapping[str, str] = field(default_factory=dict)

    def of(self, one: Answered) -> tuple[Photo, ...]:
        """The photographs of an item. Masked ones go by their own names, without instant or origin."""
        taken = [file for file in one.files if file.kind in releases.KINDS and file.sha256 in self.arrived]
        if self.bare:
            masked = {**self.released, **self.gone}
            return tuple(
                Photo(
                    sha256=masked[file.sha256],
                    caption=file.caption or "",
                    state="expired" if file.sha256 in self.gone else "shown",
                )
                for file in taken
                if file.sha256 in masked
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
        return len(taken - set(self.released) - set(self.gone)) if self.bare else 0


def photos_of(
    work: Work, visit: Visit, arrived: dict[str, VisitFile], say: Translate, *, bare: bool
) -> Photos:
    """The photographs of a visit as one edition of its report shows them."""
    if not bare:
        return Photos(arrived, {}, bare, say)
    return Photos(
        arrived,
        releases.released(work.session, visit.id),
        bare,
        say,
        releases.expired(work.session, visit.id),
    )
