"""Scoring of a visit: credit, prohibitions, sections, visit score, what is missing (handbook 2.1, 2.2).

Interprets the compiled checklist (engine 1) and nothing else; `pwa/src/rules/score.ts` is its twin on the
phone, and the vectors and the differential test hold the two together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol

from server.domain.conditions import holds
from server.domain.exact import FULL_CREDIT, decimal, divided, is_decimal, thousandths, two_decimals

NOT_APPLICABLE = "na"
BLANKS = " \t\r\n\u00a0\u3000"
"""What does not count as a character of a text; listed, because Python and browsers disagree on blanks."""

What = Literal["answer", "photo", "note"]


class AnswerLike(Protocol):
    """What scoring reads of one answer of a visit document (handbook 6)."""

    @property
    def value(self) -> Any:
        """`pass`, an int, a decimal string, an option id, a list of them, {part, whole}, `na`, or None."""

    @property
    def note(self) -> str | None:
        """The inspector's note."""

    @property
    def no_photo(self) -> str | None:
        """Why the demanded photo could not be taken."""

    @property
    def pending(self) -> bool | None:
        """Whether the answer is proved later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as a plain value."""

    value: Any = None
    note: str | None = None
    no_photo: str | None = None
    pending: bool | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Answer":
        """Return the answer of a visit document's JSON, without what scoring does not read."""
        return cls(
            document.get("value"), document.get("note"), document.get("no_photo"), document.get("pending")
        )


_NONE = Answer()


@dataclass(frozen=True, slots=True)
class Missing:
    """One entry of what is missing: the item and whether its answer, photo or note is."""

    item: str
    what: What


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a visit; figures are strings with two decimals, or None where nothing is applicable.

    `credits` has the credit of each visible answered item in thousandths before the prohibitions' effects
    (None where it has none), `zeroed` the counted items whose credit an effect took away; `counted` are the
    applicable items, `failed` and `met` parts of them. All lists are in checklist order. A visit that an
    answer voids asks for nothing more: its `missing` is empty.
    """

    score: str | None
    prohibition_score: str | None
    touchpoint_score: str | None
    sections: dict[str, str | None]
    violated: list[str]
    grave: list[str]
    counted: list[str]
    failed: list[str]
    met: list[str]
    zeroed: list[str]
    credits: dict[str, int | None]
    visible: list[str]
    voided: bool
    missing: list[Missing]

    def as_json(self) -> dict[str, Any]:
        """Return the score as JSON values, the same as the phone's."""
        # `asdict` copies deeply, which costs as much as the scoring itself.
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return plain | {"missing": [{"item": each.item, "what": each.what} for each in self.missing]}


@dataclass(slots=True)
class _Seen:
    """A visible item with its answer. Not frozen: one is made for every item of every save."""

    item: Mapping[str, Any]
    section: str
    answer: AnswerLike
    answered: bool
    pending: bool
    na: bool
    credit: int | None


def score(
    checklist: Mapping[str, Any],
    facts: Mapping[str, str],
    answers: Mapping[str, AnswerLike],
    photos: Mapping[str, int],
) -> Score:
    """Return the score of a visit from its compiled checklist, facts, answers and number of files per item.

    Values are taken as `answers.check_answers` lets them through; an answer of a hidden item is ignored.
    """
    seen = _visible(checklist, facts, answers, photos)
    counted = [one for one in seen if one.credit is not None and one.item["points"] > 0]
    below = checklist["fail_below"]
    failed = [one.item["id"] for one in counted if _credit(one) < below]
    lost = {one.item["prohibition"] for one in counted if one.item["prohibition"] and one.credit == 0}
    grave = [one for one in counted if one.item["critical"] and one.credit == 0]
    nulled = lost if checklist["prohibition_scoring"] == "all_or_nothing" else set()
    nulled = nulled | {one.item["prohibition"] for one in grave if one.item["prohibition"]}
    voided = any(_voids(one) for one in seen if one.item["voids"])
    in_section: dict[str, list[_Seen]] = {section["id"]: [] for section in checklist["sections"]}
    for one in counted:
        in_section[one.section].append(one)

    def figure(parts: Iterable[_Seen], cap: int | None = None) -> str | None:
        return None if voided else _figure(parts, nulled, cap)

    return Score(
        score=figure(counted, checklist["critical_cap"] if grave else None),
        prohibition_score=figure(one for one in counted if one.item["prohibition"]),
        touchpoint_score=figure(one for one in counted if not one.item["prohibition"]),
        sections={section: figure(parts) for section, parts in in_section.items()},
        violated=[each["id"] for each in checklist["prohibitions"] if each["id"] in lost],
        grave=[one.item["id"] for one in grave],
        counted=[one.item["id"] for one in counted],
        failed=failed,
        met=[one.item["id"] for one in counted if one.credit == FULL_CREDIT],
        zeroed=[one.item["id"] for one in counted if one.credit and one.item["prohibition"] in nulled],
        credits={one.item["id"]: one.credit for one in seen if one.answered},
        visible=[one.item["id"] for one in seen],
        voided=voided,
        missing=[]
        if voided
        else [entry for one in seen for entry in _missing(one, photos, any_failed=bool(failed))],
    )


def part_and_whole(value: Any) -> tuple[int, int]:
    """Return the two integers of a share, from JSON or from the visit document's model."""
    if isinstance(value, Mapping):
        return value["part"], value["whole"]
    return value.part, value.whole


def visible_characters(text: str) -> int:
    """Return how many characters of a text are not blanks."""
    return sum(character not in BLANKS for character in text)


def _visible(
    checklist: Mapping[str, Any],
    facts: Mapping[str, str],
    answers: Mapping[str, AnswerLike],
    photos: Mapping[str, int],
) -> list[_Seen]:
    """Walk the checklist once: conditions name earlier items alone, so each is decided when it is reached."""
    seen: list[_Seen] = []
    shown: dict[str, object] = {}
    for section in checklist["sections"]:
        if not holds(section["when"], facts, shown):
            continue
        for item in section["items"]:
            if not holds(item["when"], facts, shown):
                continue
            answer = answers.get(item["id"], _NONE)
            value = answer.value
            answered = not _blank(value) or (
                item["kind"] in ("photo", "signature") and photos.get(item["id"], 0) > 0
            )
            pending = not answered and bool(answer.pending) and item["later_hours"] is not None
            na = item["na"] and value == NOT_APPLICABLE
            credit = None if na or not answered else _credit_of(item, value, facts, shown)
            seen.append(_Seen(item, section["id"], answer, answered, pending, na, credit))
            if answered:
                shown[item["id"]] = value
    return seen


def _credit_of(
    item: Mapping[str, Any], value: Any, facts: Mapping[str, str], shown: Mapping[str, object]
) -> int | None:
    """Return the credit in thousandths, or None: no credit of its own, or not applicable (handbook 2.1)."""
    credit = item["credit"]
    if credit is None:
        return None
    if "table" in credit:
        entry: int | None = credit["table"].get(str(value))
        return entry
    if "sum" in credit:
        total: int = sum(credit["sum"].get(option, 0) for option in value)
        return min(FULL_CREDIT, max(0, total))
    if "ratio" in credit:
        part, whole = part_and_whole(value)
        return thousandths(part, whole) if whole else None
    number = decimal(value) if is_decimal(value) else value
    for case in credit["bands"]:
        if holds(case["when"], facts, shown):
            for bound, thousandth in case["bands"]:
                if bound is None or number <= (decimal(bound) if isinstance(bound, str) else bound):
                    return int(thousandth)
    return None


def _credit(one: _Seen) -> int:
    return one.credit or 0


def _figure(parts: Iterable[_Seen], nulled: set[str], cap: int | None) -> str | None:
    """Return 100 * sum(points * credit) / sum(points * 1000), held under `cap` points, as text."""
    earned = possible = 0
    for one in parts:
        possible += one.item["points"] * FULL_CREDIT
        if one.item["prohibition"] not in nulled:
            earned += one.item["points"] * _credit(one)
    if not possible:
        return None
    in_hundredths = divided(10_000 * earned, possible)
    return two_decimals(in_hundredths if cap is None else min(in_hundredths, 100 * cap))


def _voids(one: _Seen) -> bool:
    if not one.answered:
        return False
    value = one.answer.value
    return any(option in one.item["voids"] for option in (value if isinstance(value, list) else [value]))


def _missing(one: _Seen, photos: Mapping[str, int], *, any_failed: bool) -> list[Missing]:
    item = one.item
    found: list[Missing] = []
    if one.pending:
        return found
    due = item["required"] is True or (item["required"] == "any_failed" and any_failed)
    if (due or item["asked"]) and not (one.answered and (not due or _long_enough(one))):
        if item["kind"] != "photo":
            found.append(Missing(item["id"], "answer"))
        elif not _has_photo(one, photos):
            found.append(Missing(item["id"], "photo"))
    if one.na and (item["critical"] or item["prohibition"]) and _blank(one.answer.note):
        found.append(Missing(item["id"], "note"))
    photo = item["photo"]
    demanded = not one.na and (
        photo["when"] == "always"
        or (photo["when"] == "on_fail" and one.credit is not None and one.credit < photo["below"])
    )
    if demanded and item["kind"] != "photo" and not _has_photo(one, photos):
        found.append(Missing(item["id"], "photo"))
    return found


def _has_photo(one: _Seen, photos: Mapping[str, int]) -> bool:
    return photos.get(one.item["id"], 0) > 0 or not _blank(one.answer.no_photo)


def _long_enough(one: _Seen) -> bool:
    value = one.answer.value
    return one.na or not isinstance(value, str) or visible_characters(value) >= one.item["min_chars"]


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(BLANKS))
