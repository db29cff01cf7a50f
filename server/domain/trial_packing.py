"""A trial's result as JSON values and back: it is kept packed for some days, and never among the figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from server.domain.trials import Near, Quarter, Result, Side, Sums, Tried

_SIDE = (
    "composites",
    "fen",
    "withheld",
    "staff",
    "refunded",
    "basis",
    "star",
    "outlet_class",
    "proposals",
)
_NEAR = ("code", "period", "value", "at")
_TRIED = ("outlet", "tier", "outlet_class", "unit_path", "name", "code")
_QUARTER = ("window", "level", "weak_item", "deduction")
_SUMS = ("commission", "withheld", "staff", "refunded")
_COUNTS = ("stars", "classes", "proposals")
_RESULT = ("period", "at", "months", "stored", "newer", "rated", "outlets")
_tried_of, _side_of, _near_of = (attrgetter(*names) for names in (_TRIED, _SIDE, _NEAR))


def packed(result: Result) -> dict[str, Any]:
    """Return a result as JSON values."""
    return {
        **{name: getattr(result, name) for name in _RESULT},
        "before": _sums(result.before),
        "after": _sums(result.after),
        "quarters": {
            code: {path: [_fields(side, _QUARTER) for side in sides] for path, sides in branches.items()}
            for code, branches in result.quarters.items()
        },
        "rows": packed_rows(result.rows),
    }


def packed_rows(rows: Iterable[Tried]) -> list[Any]:
    """Return outlets as JSON values."""
    return [
        (_tried_of(row), _side_of(row.before), _side_of(row.after), [_near_of(each) for each in row.near])
        for row in rows
    ]


def unpacked(found: dict[str, Any]) -> Result:
    """Return the result that was packed."""
    return Result(
        found["period"],
        found["at"],
        tuple(found["months"]),
        tuple(found["stored"]),
        tuple(found.get("newer", ())),
        found["rated"],
        found["outlets"],
        _read_sums(found["before"]),
        _read_sums(found["after"]),
        {
            code: {path: (Quarter(*one), Quarter(*two)) for path, (one, two) in branches.items()}
            for code, branches in found["quarters"].items()
        },
        tuple(
            Tried(
                **dict(zip(_TRIED, head, strict=True)),
                before=_side(before),
                after=_side(after),
                near=tuple(Near(*each) for each in near),
            )
            for head, before, after, near in found["rows"]
        ),
    )


def _fields(value: object, names: tuple[str, ...]) -> list[Any]:
    return [getattr(value, name) for name in names]


def _side(found: list[Any]) -> Side:
    fields = dict(zip(_SIDE, found, strict=True))
    for name in ("composites", "fen"):
        fields[name] = tuple(fields[name])
    fields["proposals"] = tuple((kind, period) for kind, period in fields["proposals"])
    return Side(**fields)


def _sums(sums: Sums) -> dict[str, Any]:
    return {name: getattr(sums, name) for name in (*_SUMS, *_COUNTS)}


def _read_sums(found: dict[str, Any]) -> Sums:
    counts: dict[str, Any] = {name: Counter(found[name]) for name in _COUNTS}
    return Sums(**{name: found[name] for name in _SUMS}, **counts)
