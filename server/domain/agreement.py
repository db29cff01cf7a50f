"""Agreement of readers: of the items that two people read, how many both judged alike (handbook 03, agreement)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from server.domain.exact import divided


@dataclass(frozen=True, slots=True)
class Read:
    """One visit that two people read: which items, and which of them the second one judged otherwise.

    `first` and `second` are the readers, `list_` is the checklist, since the same id means another item in another.
    """

    list_: str
    first: str
    second: str
    items: frozenset[str]
    differing: frozenset[str]


@dataclass(slots=True)
class Count:
    """How many answers were compared, and how many of them were equal."""

    compared: int = 0
    equal: int = 0

    @property
    def hundredths(self) -> int | None:
        """The equal ones in hundredths of a percent, rounded half up; None where nothing was compared."""
        return divided(10_000 * self.equal, self.compared) if self.compared else None

    def below(self, percent: int) -> bool:
        """Whether fewer than so many percent are equal, compared unrounded."""
        return 100 * self.equal < percent * self.compared


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts over all visits, by item (checklist, id), and by reader."""

    whole: Count = field(default_factory=Count)
    items: dict[tuple[str, str], Count] = field(default_factory=dict)
    readers: dict[str, Count] = field(default_factory=dict)


def tally(reads: Iterable[Read]) -> Tally:
    """Count each visit once for the whole, once for each of its items, and once for each of its two readers."""
    found = Tally()
    for read in reads:
        compared, unequal = len(read.items), len(read.items & read.differing)
        counts = [found.whole, *(found.readers.setdefault(who, Count()) for who in (read.first, read.second))]
        for count in counts:
            count.compared += compared
            count.equal += compared - unequal
        for item in read.items:
            count = found.items.setdefault((read.list_, item), Count())
            count.compared += 1
            count.equal += item not in read.differing
    return found


def gap_is_looked_at(first: int, second: int, points: int) -> bool:
    """Whether two scores, in hundredths of a point, differ by more than so many points."""
    return abs(first - second) > 100 * points


def compared(
    checklist: Mapping[str, object], visible: Iterable[str], answered: Iterable[str]
) -> frozenset[str]:
    """The items that both readers judged: those that were shown, answered, and are no free text or instant."""
    sections = checklist["sections"]
    assert isinstance(sections, list)
    judged = {
        item["id"]
        for section in sections
        for item in section["items"]
        if item["kind"] not in ("text", "instant")
    }
    return frozenset(judged & set(visible) & set(answered))
