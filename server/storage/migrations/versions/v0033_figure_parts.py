"""Composites and stars keep the parts that other rules weigh anew, so that no explanation is unpacked for it"""

import json
import zlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v0033"
down_revision = "v0032"

_KEY = ("period", "subject", "code", "round")
_FIGURE = sa.table(
    "figure",
    *(sa.column(name) for name in _KEY),
    sa.column("explanation", sa.LargeBinary()),
    sa.column("parts", sa.Text()),
)
_NAMES = ("perception", "mystery", "area_check", "complaints", "audit", "certified")


def upgrade() -> None:
    op.add_column("figure", sa.Column("parts", sa.Text(), nullable=True))
    connection = op.get_bind()
    periods = connection.execute(sa.select(_FIGURE.c.period).distinct()).scalars().all()
    this = sa.and_(*(_FIGURE.c[name] == sa.bindparam(f"its_{name}") for name in _KEY))
    change = _FIGURE.update().where(this).values(parts=sa.bindparam("kept"))
    for period in periods:
        rows = connection.execute(
            sa.select(_FIGURE)
            .where(_FIGURE.c.period == period, _FIGURE.c.code.in_(["composite", "star"]))
            .where(sa.not_(_FIGURE.c.subject.contains("/")))
            .execution_options(yield_per=1000)
        )
        found = [
            {f"its_{name}": row[name] for name in _KEY} | {"kept": kept}
            for row in rows.mappings()
            if (kept := _kept(row["code"], json.loads(zlib.decompress(row["explanation"]))))
        ]
        if found:
            connection.execute(change, found)


def _kept(code: str, told: Mapping[str, Any]) -> str | None:
    try:
        parts = _composite(told) if code == "composite" else _star(told)
    except (KeyError, TypeError, ValueError):
        # An older engine told it otherwise, or it is the mean of a unit: a trial reads visits and inputs then.
        return None
    return json.dumps(parts, separators=(",", ":"))


def _composite(told: Mapping[str, Any]) -> list[Any]:
    parts = {part["figure"]: part for part in told["parts"]}
    inputs = {name: parts[name]["inputs"] for name in _NAMES}
    there = {name: parts[name]["value"] is not None for name in _NAMES}
    value = {name: _ratio(parts[name]["value"]) for name in _NAMES}
    limited = [note for note in told.get("notes", ()) if note["code"] == "bonus-limited"]
    bonus = Fraction(limited[0]["granted"] if limited else told["inputs"]["bonus"])
    said = {note["code"] for note in parts["perception"].get("notes", ())}
    taken = [_taken(parts[name], there[name]) for name in ("mystery", "area_check", "audit", "certified")]
    return [
        _ratio(inputs["perception"]["rate"]) if there["perception"] else None,
        value["mystery"],
        value["area_check"],
        inputs["complaints"]["proven"],
        inputs["audit"]["errors"],
        value["certified"],
        bonus.as_integer_ratio(),
        bool(bonus) or len(parts) > len(_NAMES),
        inputs["perception"]["replies"],
        bool(said & {"months-together", "too-few-replies"}),
        taken,
        _latest(parts["mystery"]) if taken[0] is None else None,
    ]


def _taken(part: Mapping[str, Any], there: bool) -> str | None:
    for note in part.get("notes", ()):
        if note["code"] == "month-taken":
            return str(note["month"])
        if note["code"] == "latest-taken":
            return str(note["day"])[:7]
    return None if there else ""


def _latest(mystery: Mapping[str, Any]) -> tuple[int, int] | None:
    visits = mystery["parts"]
    last = max(visit["inputs"]["day"] for visit in visits)
    scores = [Fraction(visit["value"]) for visit in visits if visit["inputs"]["day"] == last]
    if len(scores) == len(visits):
        return None
    return (sum(scores, Fraction(0)) / (100 * len(scores))).as_integer_ratio()


def _star(told: Mapping[str, Any]) -> list[Any]:
    inputs = told["inputs"]
    spells = {part["inputs"]["period"]: part["value"] for part in told["parts"] if part["figure"] == "spell"}
    return [inputs["basis"], spells, inputs["perception"], inputs["prohibition_score"], None]


def _ratio(written: str | int | None) -> tuple[int, int] | None:
    return None if written is None else Fraction(written).as_integer_ratio()
