"""Conditions as people write them: the words of options and facts in place of their codes, where it is clear which."""

from collections.abc import Iterator, Mapping
from typing import Any

from server.domain.conditions import FACTS
from server.gateways.workbook_layout import TIERS, VISIT_KINDS, Vocabulary

_FACT_VALUES: Mapping[str, Vocabulary] = {
    "tier": TIERS,
    "kind": VISIT_KINDS,
    "setting": {
        "city": ("城区", "city"),
        "county_town": ("县城", "county town"),
        "township": ("乡镇", "township"),
    },
    "part": {
        "opening": ("营业前", "before opening"),
        "round": ("营业中", "in hours"),
        "closing": ("营业后", "after closing"),
    },
}
_ANSWERS: Vocabulary = {"pass": ("合格", "pass"), "fail": ("不合格", "fail"), "na": ("不适用", "n/a")}


def resolve_labels(written: dict[str, Any]) -> None:
    """Put codes in the place of words in all conditions of a written checklist; what is not clear stays."""
    items = {item.get("id"): item for section in written["sections"] for item in section["items"]}
    for condition in _conditions(written):
        for comparison in _comparisons(condition):
            _resolve(comparison, items)


def _conditions(written: dict[str, Any]) -> Iterator[Any]:
    for section in written["sections"]:
        yield section.get("when")
        for item in section["items"]:
            yield item.get("when")
            for case in item.get("cases", ()):
                yield case.get("when")


def _comparisons(condition: Any) -> Iterator[dict[str, Any]]:
    if isinstance(condition, list):
        for each in condition:
            yield from _comparisons(each)
    elif isinstance(condition, dict):
        if "item" in condition or "fact" in condition:
            yield condition
        for word in ("all", "any", "not"):
            yield from _comparisons(condition.get(word))


def _resolve(comparison: dict[str, Any], items: Mapping[Any, dict[str, Any]]) -> None:
    if "fact" in comparison:
        codes = _FACT_VALUES.get(comparison["fact"], {})
        known = set(FACTS.get(comparison["fact"], ()))
    else:
        item = items.get(comparison["item"], {})
        options = {
            code: (option.get("zh", ""), option.get("en", ""))
            for code, option in item.get("options", {}).items()
            if isinstance(option, dict)
        }
        codes = {**_ANSWERS, **options}
        known = {"na", *options, *(("pass", "fail") if item.get("kind") == "pass_fail" else ())}

    def code(value: Any) -> Any:
        if not isinstance(value, str) or value in known:
            return value
        found = [name for name, pair in codes.items() if name in known and value in pair]
        return found[0] if len(found) == 1 else value

    if "is" in comparison:
        comparison["is"] = code(comparison["is"])
    if "in" in comparison:
        comparison["in"] = [code(each) for each in comparison["in"]]
