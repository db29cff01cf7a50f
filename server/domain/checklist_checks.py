"""The load-time checks of a checklist's meaning (handbook 07.6, 2.1, 2.2); all findings at once."""

from collections import Counter
from collections.abc import Iterator

from server.domain.checklist_conditions import check_conditions
from server.domain.checklist_kinds import check_kind
from server.domain.checklist_written import Draft, PlacedItem, PlacedSection, Words
from server.domain.findings import Finding, at

LONGEST_TEXT = 4000
"""Characters of one text in one language; more than a page of it is a slip."""

RESERVED = frozenset({"rules", "drafts", "import"})
"""What a checklist cannot be called: files, addresses and lock lines of other things bear these names."""


def check(draft: Draft) -> list[Finding]:
    """Return everything that is wrong with the meaning of a checklist, in checklist order."""
    findings = [*_head(draft), *_texts_of_head(draft)]
    conditions = check_conditions(draft)
    for section in draft.sections:
        findings += _section(draft, section)
        findings += conditions.pop(section.path, [])
        for placed in section.items:
            findings += [*_texts(placed), *check_kind(placed), *_effects(draft, placed)]
            findings += conditions.pop(placed.path, [])
    return findings


def _head(draft: Draft) -> Iterator[Finding]:
    checklist = draft.checklist
    given = checklist.model_fields_set
    for key in ("version", "title", "visit_kinds", "tiers", "points"):
        if key not in given:
            yield Finding("", "missing_key", {"key": key})
    for key in ("visit_kinds", "tiers", "sections"):
        if key in given and not getattr(checklist, key):
            yield Finding(at("", key), "empty", {"key": key})
    yield from _repeated(Counter(s.section.id for s in draft.sections), draft.sections)
    yield from _repeated(Counter(p.item.id for p in draft.items()), list(draft.items()))
    if checklist.id in RESERVED or checklist.id.startswith("calendar-"):
        yield Finding("/id", "id_reserved", {"id": checklist.id})
    known: dict[str, str] = {}
    for placed in draft.items():
        indicator = placed.item.indicator or placed.item.id
        if known.setdefault(indicator, placed.item.id) != placed.item.id:
            yield Finding(
                at(placed.path, "indicator"),
                "indicator_twice",
                {"indicator": indicator, "item": known[indicator]},
            )
        if placed.item.id in checklist.retired:
            yield Finding(at(placed.path, "id"), "id_returned", {"item": placed.item.id})
    leaving = [placed for placed in draft.items() if placed.item.leaving]
    for placed in leaving[1:]:
        yield Finding(at(placed.path, "leaving"), "leaving_twice", {"item": leaving[0].item.id})
    total = sum(placed.item.points for placed in draft.items())
    if checklist.points is not None and not draft.broken and checklist.points != total:
        yield Finding("/points", "total_differs", {"declared": checklist.points, "sum": total})


def _repeated(
    counts: Counter[str], placed: list[PlacedItem] | tuple[PlacedSection, ...]
) -> Iterator[Finding]:
    """Yield a finding at each repetition of an id, not at its first use."""
    met: set[str] = set()
    for each in placed:
        name = each.item.id if isinstance(each, PlacedItem) else each.section.id
        if counts[name] > 1 and name in met:
            yield Finding(at(each.path, "id"), "id_twice", {"id": name})
        met.add(name)


def _section(draft: Draft, placed: PlacedSection) -> Iterator[Finding]:
    section = placed.section
    if not section.items:
        yield Finding(at(placed.path, "items"), "empty", {"key": "items"})
    if section.points is None:
        yield Finding(placed.path, "missing_key", {"key": "points"})
    elif len(placed.items) == len(section.items):
        total = sum(each.item.points for each in placed.items)
        if total != section.points:
            yield Finding(
                at(placed.path, "points"), "total_differs", {"declared": section.points, "sum": total}
            )


def _texts_of_head(draft: Draft) -> Iterator[Finding]:
    yield from _words(draft.checklist.title, at("", "title"))
    for name, words in draft.checklist.prohibitions.items():
        yield from _words(words, at("", "prohibitions", name))
    for placed in draft.sections:
        if placed.section.title is None:
            yield Finding(placed.path, "missing_key", {"key": "title"})
        yield from _words(placed.section.title, at(placed.path, "title"))


def _texts(placed: PlacedItem) -> Iterator[Finding]:
    item = placed.item
    if item.text is None:
        yield Finding(placed.path, "missing_key", {"key": "text"})
    if not (item.source or "").strip():
        yield Finding(placed.path, "missing_key", {"key": "source"})
    yield from _words(item.text, at(placed.path, "text"))
    yield from _words(item.unit, at(placed.path, "unit"))
    yield from _words(item.photo.hint, at(placed.path, "photo", "hint"))
    for name, option in item.options.items():
        yield from _words(option, at(placed.path, "options", name))


def _words(words: Words | None, path: str) -> Iterator[Finding]:
    for language in ("zh", "en"):
        text = (getattr(words, language) or "") if words is not None else None
        if text is not None and not text.strip():
            yield Finding(path, "text_missing", {"language": language})
        if text is not None and len(text) > LONGEST_TEXT:
            yield Finding(at(path, language), "text_long", {"most": LONGEST_TEXT})


def _effects(draft: Draft, placed: PlacedItem) -> Iterator[Finding]:
    item = placed.item
    if item.prohibition is not None and item.prohibition not in draft.checklist.prohibitions:
        yield Finding(
            at(placed.path, "prohibition"), "prohibition_unknown", {"prohibition": item.prohibition}
        )
    for effect in ("prohibition", "critical"):
        if getattr(item, effect) and item.points == 0:
            yield Finding(at(placed.path, effect), "effect_without_points", {"key": effect})
    if item.min_chars and (item.kind != "text" or item.required is False):
        yield Finding(at(placed.path, "min_chars"), "min_chars_without_text")
    if item.required == "any_failed" and item.points:
        yield Finding(at(placed.path, "required"), "any_failed_with_points")
