"""The composite of an outlet's month as facts for its report: as its round has it, with what was corrected after it was closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from server.domain.access import SYSTEM
from server.domain.composite import PARTS
from server.domain.errors import NotFound
from server.domain.exact import half_up, two_decimals
from server.domain.rule_parts import plain_figure
from server.domain.stored_ratings import figure
from server.domain.visit import COUNTED
from server.queries import explanations_seen, late_corrections, outlets_then, results, words
from server.queries.reckoning import AGENTS
from server.reports import period_facts as facts
from server.storage.visits import Visit
from server.usecases.period_read import Read, score
from server.usecases.work import Work

Told = Mapping[str, Any]
_PARTS = dict(
    zip(
        PARTS,
        ("C1 客户感知", "C2 暗访", "C3 片区经理检查", "C4 服务投诉", "C5 业务稽核", "C6 持证上岗"),
        strict=True,
    )
)


def told_of(work: Work, read: Read) -> dict[str, Any] | None:
    """The explanation of the composite as the month's round has it, for this reader; None where it has none."""
    if read.round is None:
        return None
    round_, outlet = read.round, str(read.where.id)
    try:
        told = results.explanation(
            work.connection, SYSTEM, round_.code, outlet, "composite", round_=round_.round
        )
    except NotFound:
        return None
    # Owners read the report too, so it tells of imports what everybody may know.
    return explanations_seen.for_viewer(work.connection, read.viewer, told, whole=False)


def composite(work: Work, read: Read, told: Told) -> facts.Composite:
    """The figure with its parts and bonus, and in words what was spread, why it is not rated, and what was corrected since."""
    parts = {part["figure"]: part for part in told["parts"]}
    value = figure(told["value"])
    return facts.Composite(
        score=score(value),
        parts=tuple(
            _part(read, read.say(name), parts[code], rated=value is not None) for code, name in _PARTS.items()
        ),
        bonus=score(figure(told["inputs"]["bonus"])) or "0.00",
        bonus_for=_joined(read, _granted(read, parts)),
        said=(*_missing(read, told, parts), *_corrected(work, read)),
    )


def without(work: Work, read: Read) -> str:
    """Why an agent's report has no composite, in words; empty for own halls, which have stars without it."""
    outlet = read.where.outlet
    tier = read.then.tier if read.then else outlet.tier.value if outlet else ""
    if tier not in AGENTS:
        return ""
    month = read.wanted.period
    last = outlets_then.last_day_before(work.connection, read.where.id, month.first)
    if last is not None:
        return read.say("这个网点已经退出，{day} 是最后一天，本月没有综合评价。").format(day=last.isoformat())
    computed = results.period(work.connection, read.viewer, month.code)
    if computed is not None and computed.digest:
        return read.say("这个网点在本月没有综合评价。")
    return read.say("本月的综合评价还没有计算。" if read.inner else "本月的综合评价还没有发布。")


def corrected(read: Read) -> tuple[str, ...]:
    """The visits that the figures are from and that have another accepted revision by now, or do not count any more: what the
    month keeps."""
    said = []
    for each in read.rests_on:
        facts_ = {
            "day": each.visit.visit_date.isoformat(),
            "kind": read.say(words.KINDS[each.visit.kind.value]),
            "kept": each.revision,
            "newest": each.visit.accepted_revision,
        }
        if not _counts(each.visit):
            said.append(read.say("{day} 的{kind}后来作废；本月仍按第 {kept} 版计。").format(**facts_))
        elif each.visit.accepted_revision != each.revision:
            said.append(
                read.say("{day} 的{kind}后来改正为第 {newest} 版；本月仍按第 {kept} 版计。").format(**facts_)
            )
    return tuple(said)


def _counts(visit: Visit) -> bool:
    return visit.state in COUNTED


def _corrected(work: Work, read: Read) -> Iterator[str]:
    """What the composite would be by the corrections after the close, as far as this reader knows of all of them."""
    for late in late_corrections.corrections_after_close(
        work.connection, read.wanted.period.code, [read.where.id]
    ):
        known = explanations_seen.page_ids(work.connection, read.viewer, late.visits)
        if len(known) == len(late.visits):
            yield read.say(
                "关账后有检查改正，按改正后的检查综合评价为 {after}；本月的数字不变，差额在下一个月结算。"
            ).format(after=score(late.after) or read.say("不评"))


def _missing(read: Read, told: Told, parts: Mapping[str, Told]) -> Iterator[str]:
    """Which parts had no data and what was done about it: their weight is spread, or the month is not rated."""
    missing = [read.say(name) for code, name in _PARTS.items() if parts[code]["value"] is None]
    names = read.say("、").join(missing)
    if told["value"] is not None:
        if missing:
            yield read.say("没有数据的部分：{names}。它们的权重按比例摊给有数据的部分。").format(names=names)
    elif len(missing) == len(_PARTS):
        yield read.say("各部分都没有数据，所以本月不评。")
    else:
        yield read.say(
            "没有数据的部分：{names}。有数据的部分权重合计只有 {weight}，规则要求至少 {least}，所以本月不评，权重也没有摊。"
        ).format(
            names=names,
            weight=plain_figure(figure(told["inputs"]["weight_with_data"]) or Fraction(0)),
            least=plain_figure(figure(told["thresholds"]["rated_from_weight"]) or Fraction(0)),
        )


def _part(read: Read, name: str, part: Told, *, rated: bool) -> facts.CompositePart:
    """A part with the weight that it took and the points that it made: its own weight and none where the month is not rated."""
    taken = figure(part["inputs"]["weight_taken" if rated else "weight"]) or Fraction(0)
    value = figure(part["value"])
    return facts.CompositePart(
        name=name,
        weight=score(taken) or "0.00",
        value=None if value is None else two_decimals(half_up(value * 10_000)) + " %",
        points=(score(taken * (value or 0)) or "0.00") if rated else "—",
        how=_joined(read, _how(read, part)),
    )


def _how(read: Read, part: Told) -> Iterator[str]:
    """Where a part's figure came from: how many were counted, from when where the month itself has none, and the import."""
    if part["value"] is None:
        yield read.say("没有数据")
        return
    inputs = part["inputs"]
    if "visits" in inputs:
        yield read.say("{n} 次检查").format(n=inputs["visits"])
    if "replies" in inputs:
        yield read.say("{n} 份有效回复").format(n=inputs["replies"])
    if "proven" in inputs:
        yield read.say("{n} 件属实投诉").format(n=inputs["proven"])
    if "errors" in inputs:
        yield read.say("{n} 处差错").format(n=inputs["errors"])
    if "certified" in inputs:
        yield read.say("{n} 人中 {part} 人持证").format(n=inputs["staff"], part=inputs["certified"])
    for note in part.get("notes", ()):
        if note["code"] == "latest-taken":
            yield read.say("取自 {when}").format(when=note["day"])
        elif note["code"] == "month-taken":
            yield read.say("取自 {when}").format(when=note["month"])
        elif note["code"] == "months-together":
            yield read.say("{first} 至 {last} 合并").format(first=note["first"], last=note["last"])
    yield from _imports(read, part)


def _granted(read: Read, parts: Mapping[str, Told]) -> Iterator[str]:
    for code, sentence in (("praises", "{n} 次表扬"), ("ideas", "{n} 条采纳建议")):
        if code in parts:
            yield read.say(sentence).format(n=parts[code]["value"])
            yield from _imports(read, parts[code])


def _imports(read: Read, part: Told) -> Iterator[str]:
    """The imports that a part's counts came with, each once."""
    sources = (each.get("source") for each in (part, *part.get("parts", ())))
    told = read.say("第 {import} 次导入（{day}）")
    yield from dict.fromkeys(told.format_map(each) for each in sources if each)


def _joined(read: Read, said: Iterator[str]) -> str:
    return read.say("，").join(said)
