"""The checklist in the written notation: its shape as models, and every finding about the shape at once.

`checklists/README.md` shows the notation. Points are integer hundredths, credits integer thousandths, times
whole seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from server.domain.findings import Finding, at
from server.domain.shapes import Within, validated

Kind = Literal[
    "pass_fail", "scale", "choice", "multi", "count", "number", "timer", "share",
    "text", "photo", "signature", "instant",
]  # fmt: skip
ItemId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z0-9-]{0,31}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
Points = Annotated[int, Within(0, 1_000_000)]
Thousandths = Annotated[int, Within(0, 1000)]
Bound = int | str | None
PhotoWhen = Literal["always", "on_fail", "optional", "never"]


class _Written(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Words(_Written):
    """A text in both languages; the strict checks demand both."""

    zh: str | None = None
    en: str | None = None


class Option(Words):
    """An option of a choice or multi; written as a bare number it is the credit alone."""

    credit: Annotated[int, Within(-1000, 1000)] | None = None
    voids: bool = False


class PhotoDemand(_Written):
    """When a photo is demanded; `below` is the credit under which an answer is a fail for it."""

    when: PhotoWhen
    below: Annotated[int, Within(1, 1000)] | None = None
    hint: Words | None = None


class Case(_Written):
    """A band table that holds under a condition."""

    when: Any
    bands: list[list[Bound]]


def _whole_option(written: object) -> object:
    return {"credit": written} if isinstance(written, int) else written


def _whole_demand(written: object) -> object:
    return {"when": written} if isinstance(written, str) else written


class Item(_Written):
    """One item as written."""

    id: ItemId
    kind: Kind
    points: Points
    indicator: ItemId | None = None
    follows: ItemId | None = None
    text: Words | None = None
    source: str | None = None
    when: Any = None
    na: bool = False
    required: bool | Literal["any_failed"] = False
    min_chars: Annotated[int, Within(0, 2000)] = 0
    prohibition: str | None = None
    critical: bool = False
    later: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}h$")] | None = None
    leaving: bool = False
    options: dict[
        str, Annotated[Option, BeforeValidator(_whole_option, json_schema_input_type=int | Option)]
    ] = {}
    min: int | str | None = None
    max: int | str | None = None
    unit: Words | None = None
    credits: list[Thousandths] | None = None
    bands: list[list[Bound]] | None = None
    cases: list[Case] = []
    photo: Annotated[
        PhotoDemand, BeforeValidator(_whole_demand, json_schema_input_type=PhotoWhen | PhotoDemand)
    ] = PhotoDemand(when="never")
    original: bool = False
    max_px: Annotated[int, Within(320, 8000)] = 1600


class Section(_Written):
    """One section as written; its items are validated one by one, so that all findings come at once."""

    id: Name
    title: Words | None = None
    points: Points | None = None
    when: Any = None
    items: list[Any]


class Changes(_Written):
    """What its author says of a version against the one before: why, and which changed items mean the same.

    `since` is the number of the version before; an item that means something else has a new id.
    """

    since: Annotated[int, Within(1, 1_000_000)]
    note: Annotated[str, StringConstraints(max_length=2000)] = ""
    same: list[ItemId] = []


class Checklist(_Written):
    """A checklist as written, without its sections' insides."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    version: Annotated[int, Within(1, 1_000_000)] = 1
    title: Words | None = None
    visit_kinds: list[Literal["mystery", "announced", "area_visit", "patrol", "onboarding", "recheck"]] = []
    tiers: list[Literal["own_hall", "franchise", "exclusive", "ordinary", "village"]] = []
    points: Points | None = None
    prohibition_scoring: Literal["all_or_nothing", "per_item"]
    critical_cap: Annotated[int, Within(0, 100)] = 60
    fail_below: Annotated[int, Within(1, 1000)] = 500
    prohibitions: dict[Name, Words] = {}
    retired: list[ItemId] = []
    changes: Changes | None = None
    sections: list[Any]


@dataclass(frozen=True, slots=True)
class PlacedItem:
    """A whole item with its JSON pointer."""

    path: str
    item: Item


@dataclass(frozen=True, slots=True)
class PlacedSection:
    """A whole section with its JSON pointer and its whole items."""

    path: str
    section: Section
    items: tuple[PlacedItem, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What the shape checks let through; `broken` has the ids of items whose shape is wrong."""

    checklist: Checklist
    sections: tuple[PlacedSection, ...]
    broken: frozenset[str]

    def items(self) -> Iterator[PlacedItem]:
        """Yield each whole item in checklist order."""
        for section in self.sections:
            yield from section.items


def read_shape(written: object) -> tuple[Draft | None, list[Finding]]:
    """Return the parts of a written checklist that are whole, and each finding about the shape.

    The draft is None when the checklist's own keys are wrong; a broken section or item is left out of it.
    """
    findings: list[Finding] = []
    checklist = validated(Checklist, written, "", findings)
    sections: list[PlacedSection] = []
    broken: set[str] = set()
    for n, raw_section in enumerate(_list_of(written, "sections")):
        path = at("", "sections", n)
        section = validated(Section, raw_section, path, findings)
        items = []
        for m, raw_item in enumerate(_list_of(raw_section, "items")):
            item_path = at(path, "items", m)
            item = validated(Item, raw_item, item_path, findings)
            if item is not None:
                items.append(PlacedItem(item_path, item))
            elif isinstance(raw_item, dict) and isinstance(raw_item.get("id"), str):
                broken.add(raw_item["id"])
        if section is not None:
            sections.append(PlacedSection(path, section, tuple(items)))
        else:
            broken.update(placed.item.id for placed in items)
    draft = None if checklist is None else Draft(checklist, tuple(sections), frozenset(broken))
    return draft, findings


def written_conditions(placed: PlacedSection | PlacedItem) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Yield each written condition of a section or item, with its steps below the section's or item's place."""
    if isinstance(placed, PlacedSection):
        if placed.section.when is not None:
            yield ("when",), placed.section.when
        return
    if placed.item.when is not None:
        yield ("when",), placed.item.when
    for n, case in enumerate(placed.item.cases):
        yield ("cases", n, "when"), case.when


def _list_of(raw: object, key: str) -> list[Any]:
    inner = raw.get(key) if isinstance(raw, dict) else None
    return inner if isinstance(inner, list) else []
