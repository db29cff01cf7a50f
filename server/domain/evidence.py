"""The reviewer's flags: off site, too fast, old or repeated photo, clock off, edits, lateness, copied text.

Flags warn a person and refuse nothing (handbook 03, check-in). Each is a code and facts; its sentence is in
the catalogue. All limits are data: the part `evidence` of the rule set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

from server.domain.answers import is_instant
from server.domain.rules_visits import EvidenceRules
from server.domain.visit import Fix, NoFix, VisitDocument, VisitKind, corrected

EARTH_M = 6_371_000


@dataclass(frozen=True, slots=True)
class Site:
    """Where the visit was to take place: the outlet's tier and WGS-84 position, where it is known."""

    tier: str
    lat: float | None
    lng: float | None


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph that arrived: its SHA-256, its difference hash (16 hex digits), and which visit sent it.

    There is no hash where the picture could not be decoded.
    """

    sha256: str
    dhash: str | None
    visit: str


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing a reviewer should look at; `item` where it is about one item, `facts` are numbers and codes."""

    code: str
    item: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The flag as it is stored with the visit."""
        return {"code": self.code, "item": self.item, "facts": self.facts}


def flags(
    document: VisitDocument,
    site: Site,
    rules: EvidenceRules,
    *,
    pictures: Sequence[Picture] = (),
    others: Sequence[Picture] = (),
    earlier_texts: Mapping[str, str] | None = None,
    text_items: frozenset[str] = frozenset(),
) -> list[Flag]:
    """All flags of a submitted visit, in the order of the list above.

    `pictures` are the photographs that arrived for this visit, `others` those of other visits to compare
    with, `earlier_texts` maps a text that the same inspector wrote before to the visit it stood in, and
    `text_items` are the items of the checklist that are answered in words.
    """
    return [
        *_position(document, site, rules),
        *_stay(document, site, rules),
        *_albums(document),
        *_repeats(document, rules, pictures, others),
        *_clock(document, rules),
        *_timers(document),
        *_changes(document),
        *_lateness(document, rules),
        *_copied(document, rules, earlier_texts or {}, text_items),
    ]


def distance_m(lat: float, lng: float, other_lat: float, other_lng: float) -> int:
    """The distance between two WGS-84 positions in whole metres, on a sphere."""
    a, b = radians(lat), radians(other_lat)
    half = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_lng - lng) / 2) ** 2
    return round(2 * EARTH_M * asin(min(1.0, sqrt(half))))


def stay(document: VisitDocument) -> timedelta | None:
    """How long the inspector was there: from the start to leaving, both by the phone's own clock."""
    end = document.left_at or document.finished_at
    return end - document.started_at if end else None


def departed(document: VisitDocument, checklist: Mapping[str, Any]) -> VisitDocument:
    """The document with the answer of the checklist's own leaving item as `left_at`, where nothing else says it."""
    answer = document.answers.get(checklist["leaving"] or "")
    if document.left_at or not answer or not is_instant(answer.value):
        return document
    return document.model_copy(update={"left_at": datetime.fromisoformat(str(answer.value))})


def texts(document: VisitDocument, values_of: frozenset[str]) -> Iterator[tuple[str | None, str]]:
    """The inspector's own words with their items: notes, answers of the text items named, closing notes."""
    for item, answer in document.answers.items():
        if answer.note:
            yield item, answer.note
        if item in values_of and isinstance(answer.value, str):
            yield item, answer.value
    if document.notes:
        for words in document.notes.model_dump().values():
            if words:
                yield None, words


def _position(document: VisitDocument, site: Site, rules: EvidenceRules) -> Iterator[Flag]:
    position = document.position
    points = {"start": position.start if position else None, "end": position.end if position else None}
    fixes = {name: point for name, point in points.items() if isinstance(point, Fix)}
    if not fixes:
        reasons = [point.missing for point in points.values() if isinstance(point, NoFix)]
        yield Flag("no_position", facts={"reason": reasons[0] if reasons else "none"})
    elif site.lat is None or site.lng is None:
        yield Flag("outlet_position_unknown")
    else:
        for name, fix in fixes.items():
            away = distance_m(fix.lat, fix.lng, site.lat, site.lng)
            accuracy = round(fix.accuracy_m)
            if away - accuracy > rules.off_site_m:
                facts = {"at": name, "distance_m": away, "accuracy_m": accuracy, "limit_m": rules.off_site_m}
                yield Flag("off_site", facts=facts)


def _stay(document: VisitDocument, site: Site, rules: EvidenceRules) -> Iterator[Flag]:
    stayed, minimum = stay(document), rules.min_stay_minutes[site.tier]
    # A patrol is a round of minutes in the own hall and a recheck looks at single items: neither has a minimum.
    if stayed is None or document.kind in (VisitKind.PATROL, VisitKind.RECHECK):
        return
    if stayed < timedelta(minutes=minimum):
        yield Flag("too_fast", facts={"minutes": int(stayed / timedelta(minutes=1)), "minimum": minimum})


def _albums(document: VisitDocument) -> Iterator[Flag]:
    """Both instants are of the phone's clock, so an offset does not matter here."""
    for file in document.files:
        if file.origin == "album" and file.taken_at and file.taken_at < document.started_at:
            yield Flag(
                "photo_older",
                file.item,
                {
                    "sha256": file.sha256,
                    "minutes": int((document.started_at - file.taken_at) / timedelta(minutes=1)),
                },
            )


def _repeats(
    document: VisitDocument, rules: EvidenceRules, pictures: Sequence[Picture], others: Sequence[Picture]
) -> Iterator[Flag]:
    items = {file.sha256: file.item for file in document.files}
    same = {other.sha256: other for other in others}
    hashed = [(int(other.dhash, 16), other) for other in others if other.dhash]
    for picture in pictures:
        item = items.get(picture.sha256)
        if picture.sha256 in same:
            yield Flag(
                "photo_repeated",
                item,
                {"sha256": picture.sha256, "visit": same[picture.sha256].visit},
            )
        elif picture.dhash is None:
            yield Flag("photo_damaged", item, {"sha256": picture.sha256})
        else:
            mine = int(picture.dhash, 16)
            nearest = (
                min(((mine ^ theirs).bit_count(), n) for n, (theirs, _) in enumerate(hashed))
                if hashed
                else None
            )
            if nearest and nearest[0] <= rules.similar_bits:
                other = hashed[nearest[1]][1]
                yield Flag(
                    "photo_similar",
                    item,
                    {
                        "sha256": picture.sha256,
                        "bits": nearest[0],
                        "visit": other.visit,
                        "other": other.sha256,
                    },
                )


def _clock(document: VisitDocument, rules: EvidenceRules) -> Iterator[Flag]:
    offset = document.clock_offset_ms
    if offset is None:
        yield Flag("clock_unknown")
    elif abs(offset) > rules.clock_off_s * 1000:
        yield Flag("clock_off", facts={"minutes": abs(offset) // 60_000, "ahead": offset < 0})


def _timers(document: VisitDocument) -> Iterator[Flag]:
    for item, answer in document.answers.items():
        if answer.timer and answer.timer.edited:
            yield Flag("timer_edited", item)
        if answer.timer and answer.timer.jump:
            yield Flag("timer_jump", item)


def _changes(document: VisitDocument) -> Iterator[Flag]:
    if document.changed_after_end:
        yield Flag(
            "changed_after_end",
            facts={"items": list(document.changed_after_end), "count": len(document.changed_after_end)},
        )


def finished_very_late(document: VisitDocument, rules: EvidenceRules) -> bool:
    """Whether the visit counts only when hq says so (handbook 01, Later proof)."""
    return any(flag.code == "very_late" for flag in _lateness(document, rules))


def _lateness(document: VisitDocument, rules: EvidenceRules) -> Iterator[Flag]:
    """From leaving to finishing on the phone, whatever the network does (handbook 01, Later proof)."""
    if not document.left_at or not document.finished_at:
        return
    late = document.finished_at - document.left_at
    hours = int(late / timedelta(hours=1))
    if late > timedelta(hours=rules.very_late_hours):
        yield Flag("very_late", facts={"hours": hours, "limit": rules.very_late_hours})
    elif late > timedelta(hours=rules.late_hours):
        yield Flag("late", facts={"hours": hours, "limit": rules.late_hours})


def _copied(
    document: VisitDocument, rules: EvidenceRules, earlier: Mapping[str, str], text_items: frozenset[str]
) -> Iterator[Flag]:
    for item, words in texts(document, text_items):
        if len(words.strip()) >= rules.same_text_characters and words.strip() in earlier:
            yield Flag("same_text", item, {"visit": earlier[words.strip()]})


def left(document: VisitDocument) -> datetime:
    """The instant of leaving by the server's clock, or the best that is known of it."""
    return corrected(
        document.left_at or document.finished_at or document.started_at, document.clock_offset_ms
    )
