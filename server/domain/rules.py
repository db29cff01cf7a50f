"""The rule set as data: thresholds, weights, factors, vetoes, valid from a date; reading it whole, comparing two.

`checklists/rules/v<n>.yaml` is the written form. What is hashed and stored is the canonical JSON of what was
written, so that a later program with more parts (which then have defaults) gives an old set the same hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from fractions import Fraction
from hashlib import sha256
from typing import Annotated, Any

from pydantic import StringConstraints

from server.domain.findings import Finding, at
from server.domain.rule_parts import Day, Part, Text, plain_figure
from server.domain.rules_pay import Classes, Commission
from server.domain.rules_ratings import Composite, Indicators, WeakItem, WindowRules
from server.domain.rules_service import (
    Coaching,
    Complaints,
    Contrast,
    Incidents,
    Perception,
    Training,
    WeekPlan,
)
from server.domain.rules_stars import Decisions, Stars, Veto
from server.domain.rules_visits import (
    Aggregates,
    Appeals,
    EvidenceRules,
    Fixes,
    Retention,
    ReviewRules,
    Visits,
)
from server.domain.shapes import Within, validated

VetoCode = Annotated[str, StringConstraints(pattern=r"^V[1-9][0-9]?$")]


class RuleSet(Part):
    """One version of all rules, valid from a date on (Asia/Shanghai) until a later one is."""

    version: Annotated[int, Within(1, 1_000_000)]
    """版本 | version"""
    valid_from: Day
    """生效日期 | valid from"""
    note: Text
    """说明 | note: why this version was made"""
    visits: Visits
    """检查安排 | visits"""
    evidence: EvidenceRules
    """取证 | evidence"""
    review: ReviewRules
    """审核 | review"""
    appeals: Appeals
    """申诉 | appeals"""
    fixes: Fixes
    """整改 | corrective actions"""
    retention: Retention
    """保存期限 | keeping"""
    aggregates: Aggregates
    """周期汇总 | aggregates"""
    indicators: Indicators
    """通报指标 | indicators"""
    window: WindowRules
    """窗口服务质量 | window service score"""
    weak_item: WeakItem
    """服务弱项 | weak item"""
    composite: Composite
    """综合评价 | composite"""
    stars: Stars
    """星级 | stars"""
    vetoes: Mapping[VetoCode, Veto]
    """否决项 | vetoes"""
    decisions: Decisions
    """升降级与准入退出 | tier decisions"""
    classes: Classes
    """网点类别 | classes"""
    commission: Commission
    """服务佣金 | service commission"""
    perception: Perception
    """客户感知测评 | perception survey"""
    week_plan: WeekPlan
    """走访计划 | week plan"""
    coaching: Coaching
    """辅导成效 | coaching"""
    contrast: Contrast
    """明暗差 | covert against announced"""
    training: Training
    """培训积分 | training points"""
    complaints: Complaints
    """投诉 | complaints"""
    incidents: Incidents
    """突发事件 | incidents"""

    def __reduce__(self) -> tuple[Any, ...]:
        # Other processes get it as it is written: the classes of its tables have no name by which they could be found.
        return _read_again, (plain(self),)


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One figure or word that differs: its JSON pointer, its name in both languages, and both values.

    Values are as written: integers, decimal texts, words; None where there is nothing on that side.
    """

    pointer: str
    zh: str
    en: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Leaf:
    """A written value with its pointer and the names of its steps."""

    pointer: str
    zh: tuple[str, ...]
    en: tuple[str, ...]
    value: Any

    def step(self, step: str | int, names: str, value: Any) -> Leaf:
        zh, _, en = names.partition(" | ")
        return Leaf(at(self.pointer, step), (*self.zh, zh), (*self.en, en or zh), value)


def read_rules(written: object) -> tuple[RuleSet | None, list[Finding]]:
    """Check a rule set as written (plain JSON values) and return it with everything that is wrong with it.

    The set is None when anything is wrong. Each part is judged by itself, so that a slip in the form of one
    hides no hole in the bands of another.
    """
    findings: list[Finding] = []
    rules = validated(RuleSet, written, "", findings)
    if rules is not None:
        findings += problems(rules)
    elif isinstance(written, Mapping):
        for name, part in _parts():
            if name in written:
                whole = validated(part, written[name], at("", name), [])
                findings += problems(whole, at("", name)) if whole is not None else []
    return (None if findings else rules), findings


def problems(value: object, path: str = "") -> list[Finding]:
    """Return what is wrong with the meaning of a part and of all parts within it; `path` is where it stands."""
    return list(_problems(value, path))


def canonical(rules: RuleSet) -> bytes:
    """Return the canonical JSON of what was written: UTF-8, sorted keys, no blanks, defaults left out."""
    return json.dumps(plain(rules), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fingerprint(rules: RuleSet) -> str:
    """Return the SHA-256 of the canonical JSON, in hex."""
    return sha256(canonical(rules)).hexdigest()


def plain(rules: RuleSet) -> dict[str, Any]:
    """Return a rule set in the written notation: JSON values, keys in the order of the models.

    `read_rules(plain(rules))` reads it back.
    """
    return rules.model_dump(mode="json", exclude_unset=True)


def _read_again(written: dict[str, Any]) -> RuleSet:
    rules, findings = read_rules(written)
    if rules is None:
        raise ValueError(f"no rule set any more: {findings}")
    return rules


def leaves(rules: RuleSet) -> list[Leaf]:
    """Return every value of a rule set with its pointer and names, in the order of the models."""
    return list(_leaves(rules, Leaf("", (), (), None)))


def compare_rules(earlier: RuleSet, later: RuleSet) -> list[RuleChange]:
    """Return every value that differs, in the order of the models, without the version's number and its note.

    Lists are compared row by row; what the later set no longer has comes last.
    """
    before = {leaf.pointer: leaf for leaf in leaves(earlier)}
    after = {leaf.pointer: leaf for leaf in leaves(later)}
    return [
        RuleChange(leaf.pointer, " · ".join(leaf.zh), " · ".join(leaf.en), was, now)
        for leaf in (
            after | {pointer: leaf for pointer, leaf in before.items() if pointer not in after}
        ).values()
        if not leaf.pointer.startswith(_NOT_COMPARED)
        and (was := before[leaf.pointer].value if leaf.pointer in before else None)
        != (now := after[leaf.pointer].value if leaf.pointer in after else None)
    ]


_NOT_COMPARED = ("/version", "/note")


def _leaves(value: object, place: Leaf) -> Iterator[Leaf]:
    if isinstance(value, Part):
        for name, field in type(value).model_fields.items():
            if name in value.model_fields_set:
                inner = getattr(value, name)
                yield from _leaves(inner, place.step(name, field.description or name, inner))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, place.step(key, key, inner))
    elif isinstance(value, tuple):
        for n, inner in enumerate(value):
            yield from _leaves(inner, place.step(n, f"第{n + 1}行 | row {n + 1}", inner))
    else:
        yield replace(place, value=_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return plain_figure(value)
    if isinstance(value, time):
        return f"{value.hour}:{value.minute:02d}"
    return value.isoformat() if isinstance(value, date) else value


def _parts() -> Iterator[tuple[str, type[Part]]]:
    """The parts of a rule set that are judged by themselves, by key."""
    for name, field in RuleSet.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Part):
            yield name, field.annotation


def _problems(value: object, path: str) -> Iterator[Finding]:
    if isinstance(value, Part):
        for finding in value.problems():
            yield replace(finding, path=path + finding.path)
        for name in type(value).model_fields:
            yield from _problems(getattr(value, name), at(path, name))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _problems(inner, at(path, key))
    elif isinstance(value, tuple):
        for n, inner in enumerate(value):
            yield from _problems(inner, at(path, n))
