"""The load-time checks of one item against its kind: its keys, options, scale and bands (handbook 2.1)."""

from collections.abc import Iterator
from fractions import Fraction

from server.domain.checklist_written import Bound, Item, PlacedItem
from server.domain.exact import decimal, is_decimal
from server.domain.findings import Finding, at

_OPTIONS = frozenset({"choice", "multi"})
_BANDS = frozenset({"count", "timer", "number"})
KEYS_OF_KINDS = {
    "options": _OPTIONS,
    "credits": frozenset({"scale"}),
    "min": frozenset({"scale", "count", "number"}),
    "max": frozenset({"scale", "count", "number"}),
    "bands": _BANDS,
    "cases": _BANDS,
    "unit": _BANDS | {"share", "scale"},
    "leaving": frozenset({"instant"}),
}
"""The keys that only some kinds take."""

_WITHOUT_CREDIT = frozenset({"text", "photo", "signature", "instant"})
_LONGEST_SCALE = 20
_BEYOND = 10**12
"""No bound is as large: decimal texts have as many digits at most, and every format can hold them."""


def check_kind(placed: PlacedItem) -> Iterator[Finding]:
    """Yield what in an item does not fit its kind."""
    item = placed.item
    for key, kinds in KEYS_OF_KINDS.items():
        if key in item.model_fields_set and item.kind not in kinds:
            yield Finding(at(placed.path, key), "key_not_for_kind", {"key": key, "kind": item.kind})
    if item.kind in _OPTIONS:
        yield from _options(placed)
    if item.kind == "scale":
        yield from _scale(placed)
    if item.kind in ("count", "number"):
        yield from _limits(placed)
    if item.kind in _BANDS:
        yield from _tables(placed)
    yield from _points(placed)


def _points(placed: PlacedItem) -> Iterator[Finding]:
    item = placed.item
    credited = item.kind not in _WITHOUT_CREDIT
    if item.kind in _BANDS:
        credited = item.bands is not None
    if item.kind in _OPTIONS:
        credited = any(option.credit is not None for option in item.options.values())
    if item.points and not credited:
        yield Finding(at(placed.path, "points"), "points_without_credit", {"kind": item.kind})
    if item.photo.when == "on_fail" and not credited:
        yield Finding(at(placed.path, "photo"), "on_fail_without_credit")
    if item.photo.below is not None and item.photo.when != "on_fail":
        yield Finding(at(placed.path, "photo", "below"), "below_without_on_fail")


def _options(placed: PlacedItem) -> Iterator[Finding]:
    item, path = placed.item, at(placed.path, "options")
    if len(item.options) < 2:
        yield Finding(path, "too_few_options")
    without = [name for name, option in item.options.items() if option.credit is None]
    if without and len(without) < len(item.options):
        yield Finding(path, "credit_for_some", {"options": ", ".join(without)})
    for name, option in item.options.items():
        word = name.replace("_", "").replace("-", "")
        if name == "na" or not (word.isascii() and word.isalnum() and word[0].isalpha()):
            yield Finding(at(path, name), "option_name", {"option": name})
        if item.kind == "choice" and option.credit is not None and option.credit < 0:
            yield Finding(at(path, name), "credit_below_zero")


def _scale(placed: PlacedItem) -> Iterator[Finding]:
    item = placed.item
    low, high = item.min, item.max
    if not isinstance(low, int) or not isinstance(high, int) or not 0 < high - low < _LONGEST_SCALE:
        yield Finding(placed.path, "scale_range", {"steps": _LONGEST_SCALE})
    elif item.credits is not None and len(item.credits) != high - low + 1:
        yield Finding(
            at(placed.path, "credits"),
            "table_not_covering",
            {"values": high - low + 1, "credits": len(item.credits)},
        )


def _limits(placed: PlacedItem) -> Iterator[Finding]:
    item = placed.item
    for key in ("min", "max"):
        bound = getattr(item, key)
        if bound is not None and _exact(item, bound) is None:
            yield Finding(at(placed.path, key), "bound_form", {"bound": str(bound)})
    low, high = _exact(item, item.min), _exact(item, item.max)
    if low is not None and high is not None and low >= high:
        yield Finding(at(placed.path, "max"), "max_not_above_min")


def _tables(placed: PlacedItem) -> Iterator[Finding]:
    item = placed.item
    if item.cases and item.bands is None:
        yield Finding(at(placed.path, "cases"), "cases_without_bands")
    if item.bands is not None:
        yield from _table(item, item.bands, at(placed.path, "bands"))
    for n, case in enumerate(item.cases):
        yield from _table(item, case.bands, at(placed.path, "cases", n, "bands"))


def _table(item: Item, rows: list[list[Bound]], path: str) -> Iterator[Finding]:
    """Bands are closed above, ascend strictly, and end in an unbounded one, so that every value has a credit."""
    if not rows or len(rows[-1]) != 2 or rows[-1][0] is not None:
        yield Finding(path, "bands_not_covering")
    last: Fraction | None = None
    for n, row in enumerate(rows):
        place = at(path, n)
        if len(row) != 2:
            yield Finding(place, "band_shape")
            continue
        bound, credit = row
        if not isinstance(credit, int) or not 0 <= credit <= 1000:
            yield Finding(place, "credit_range", {"credit": str(credit)})
        if bound is None:
            if n < len(rows) - 1:
                yield Finding(place, "bands_not_ascending")
            continue
        exact = _exact(item, bound)
        if exact is None:
            yield Finding(place, "bound_form", {"bound": str(bound)})
        elif last is not None and exact <= last:
            yield Finding(place, "bands_not_ascending")
        last = exact if exact is not None else last


def _exact(item: Item, bound: Bound) -> Fraction | None:
    """Return a bound's value: an integer from 0 for counts and times, any decimal for a number."""
    if isinstance(bound, int):
        fits = abs(bound) < _BEYOND and (item.kind == "number" or bound >= 0)
        return Fraction(bound) if fits else None
    return decimal(bound) if item.kind == "number" and is_decimal(bound) and bound is not None else None
