"""A visit's score explained down to its items and photos: points, credits, and what prohibitions and the cap took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from server.domain.exact import FULL_CREDIT
from server.domain.explain import Explanation, Note, named, note
from server.domain.indicators import measured


def visit_explained(
    visit: str,
    compiled: Mapping[str, Any],
    result: Mapping[str, Any],
    photos: Mapping[str, Sequence[str]],
    rules: int,
) -> Explanation:
    """Return the explanation of a visit's score, section by section and item by item.

    `result` is its score as JSON (`Score.as_json`), `photos` the SHA-256 of each item's photos that the reader may see.
    Points are hundredths; an item's value is its credit (of 1) after the effects.
    """
    found = measured(compiled, result)
    notes: list[Note] = [note("prohibition-violated", prohibition=each) for each in result["violated"]]
    if found.cap is not None:
        notes.append(note("capped-by-grave-fail", cap=found.cap, items=" ".join(result["grave"])))
    parts = []
    for section in compiled["sections"]:
        items = tuple(
            _item(item, result, photos.get(item["id"], ()))
            for item in section["items"]
            if item["id"] in result["counted"]
        )
        if items:
            parts.append(
                Explanation(
                    "section",
                    result["sections"].get(section["id"]),
                    parts=items,
                    subject=f"section:{section['id']}",
                )
            )
    return Explanation(
        "visit-score",
        found.score,
        named(
            {
                "earned": Fraction(found.earned, FULL_CREDIT),
                "full": Fraction(found.full, FULL_CREDIT),
                "prohibition_score": found.prohibition_score,
                "checklist": compiled["id"],
                "version": compiled["version"],
            }
        ),
        named(
            {
                "prohibition_scoring": compiled["prohibition_scoring"],
                "critical_cap": compiled["critical_cap"],
                "fail_below": compiled["fail_below"],
            }
        ),
        tuple(notes),
        tuple(parts),
        f"visit:{visit}",
        rules,
    )


def _item(item: Mapping[str, Any], result: Mapping[str, Any], photos: Sequence[str]) -> Explanation:
    name = item["id"]
    credit = result["credits"][name] or 0
    taken = name in result["zeroed"]
    notes = []
    if taken:
        notes.append(
            note(
                "taken-by-prohibition", prohibition=item["prohibition"], credit=Fraction(credit, FULL_CREDIT)
            )
        )
    if name in result["grave"]:
        notes.append(note("grave-fail"))
    inputs = {
        "points": item["points"],
        **({"prohibition": item["prohibition"]} if item["prohibition"] else {}),
    }
    return Explanation(
        "item",
        Fraction(0 if taken else credit, FULL_CREDIT),
        named(inputs),
        notes=tuple(notes),
        parts=tuple(Explanation("photo", sha256, subject=f"photo:{sha256}") for sha256 in photos),
        subject=f"item:{name}",
    )
