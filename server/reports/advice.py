"""What follows from the figures of a period, in sentences: each says only what the report's own numbers show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from server.reports import words
from server.reports.period_facts import OutletMonth
from server.reports.period_parts import Finding
from server.reports.quarter_facts import Quarter, WeakLine

_NAMED = 3


def summary(data: Quarter) -> tuple[str, ...]:
    """The main points of a quarter, for its first page."""
    _ = words.translator(data.head.language)
    window, said = data.window, []
    if window.score is None:
        said.append(_("本季度没有可以计入的自有营业厅暗访，没有窗口服务得分。"))
    else:
        line = _("窗口服务得分 {score}，{level}").format(score=window.score, level=window.text)
        if window.rank:
            line += _("，全省第 {rank} 名（共 {of} 个分公司）").format(rank=window.rank, of=window.of)
        said.append(line + _("。"))
        if window.previous is not None:
            said.append(_change(_, window.score, window.previous))
    if data.scope == "province":
        said += _levels(_, data)
    scored = [mean for mean in data.sections if mean.score is not None]
    if len(scored) > 1:
        high = max(Decimal(mean.score or 0) for mean in scored)
        low = min(Decimal(mean.score or 0) for mean in scored)
        if high != low:
            said.append(
                _("得分率最高的指标是{best}（{high}%），最低的是{last}（{low}%）。").format(
                    best=_those(_, data, [mean.title for mean in scored if Decimal(mean.score or 0) == high]),
                    high=f"{high:.2f}",
                    last=_those(_, data, [mean.title for mean in scored if Decimal(mean.score or 0) == low]),
                    low=f"{low:.2f}",
                )
            )
    if data.findings:
        said.append(_most(_, data))
    if data.actions and data.actions.due and data.actions.rate is not None:
        said.append(
            _("到期的 {due} 件整改中 {n} 件按时完成（{rate}%）。").format(
                due=data.actions.due, n=data.actions.in_time, rate=data.actions.rate
            )
        )
    return tuple(said)


def _most(_: Callable[[str], str], data: Quarter) -> str:
    """What failed most often; items that tie stand beside each other, of many the first ones."""
    most = max(finding.times for finding in data.findings)
    tied = [finding for finding in data.findings if finding.times == most]
    if len(tied) == 1:
        line = _("不合格最多的是“{text}”：{of} 次检查中 {times} 次。")
        return line.format(text=tied[0].text, of=tied[0].of, times=most)
    items = _joined(data, tuple(f"“{finding.text}”" for finding in tied[:_NAMED]))
    line = (
        _("不合格最多的有 {n} 项，各 {times} 次：{items}。")
        if len(tied) <= _NAMED
        else _("不合格最多的有 {n} 项，各 {times} 次，例如：{items}。")
    )
    return line.format(n=len(tied), times=most, items=items)


def of_quarter(data: Quarter) -> tuple[str, ...]:
    """Advice for the quarter that follows."""
    _ = words.translator(data.head.language)
    said = [*_weak(_, data), *_critical(_, data.findings)]
    for finding in [each for each in data.findings if not each.critical and each.times > 1][:_NAMED]:
        said.append(
            _("“{text}”{times} 次不合格，建议涉及的 {n} 个网点逐一对照标准自查。").format(
                text=finding.text, times=finding.times, n=len(finding.outlets)
            )
        )
    for each in data.sampling:
        if data.evidence and each.reached is not None and Decimal(each.reached) < 100:
            said.append(
                _("{tier}只有 {n}% 达到抽样规则，下季度应补足检查次数。").format(
                    tier=each.tier, n=each.reached
                )
            )
    if data.actions and data.actions.open:
        said.append(_("有 {n} 件整改逾期未完成，应逐件督办。").format(n=data.actions.open))
    if data.appeals:
        said.append(
            _("{n} 项申诉成立，应统一相关检查项的判定口径：{items}。").format(
                n=len(data.appeals), items=_joined(data, tuple({a.item: None for a in data.appeals}))
            )
        )
    return tuple(said) or (_("本季度的数据没有显示需要特别提出的问题。"),)


def of_month(data: OutletMonth) -> tuple[str, ...]:
    """Advice for the outlet; nothing where the month shows nothing to do."""
    _ = words.translator(data.head.language)
    said = _critical(_, data.findings)
    for finding in [each for each in data.findings if each.times > 1 and not each.critical][:_NAMED]:
        said.append(_("“{text}”本月重复出现 {n} 次，请查明原因。").format(text=finding.text, n=finding.times))
    late = [action for action in data.actions if action.late and action.open]
    if late:
        said.append(_("有 {n} 件整改逾期未完成，请立即处理。").format(n=len(late)))
    waiting = [action for action in data.actions if action.open and not action.late]
    if waiting:
        said.append(
            _("还有 {n} 件整改未到期，最近的一件到 {day} 为止。").format(
                n=len(waiting), day=words.day(min(action.due for action in waiting), data.head.language)
            )
        )
    return tuple(said)


def _critical(_: Callable[[str], str], findings: tuple[Finding, ...]) -> list[str]:
    return [
        _("关键项“{text}”{times} 次不合格，应先行整改并安排复查。").format(text=each.text, times=each.times)
        for each in findings
        if each.critical
    ]


def _change(_: Callable[[str], str], score: str, previous: str) -> str:
    difference = Decimal(score) - Decimal(previous)
    if not difference:
        return _("与上季度持平。")
    sentence = _("比上季度提高 {n} 分。") if difference > 0 else _("比上季度下降 {n} 分。")
    return sentence.format(n=abs(difference))


def _levels(_: Callable[[str], str], data: Quarter) -> list[str]:
    counted = Counter(row.text for row in data.league if row.score is not None)
    if not counted:
        return []
    parts = [
        _("{level} {n} 个").format(level=text, n=n)
        for text, n in ((term.name, counted.get(term.name, 0)) for term in data.levels)
        if n
    ]
    return [_("分公司中：{parts}。").format(parts=_joined(data, tuple(parts)))] if parts else []


def _weak(_: Callable[[str], str], data: Quarter) -> list[str]:
    said = []
    known = [line for line in data.weak if line.indicator]
    if data.scope == "branch":
        said += [
            _("下季度以“{item}”为重点：本季度得分率 {ratio}%，须达到 {reach}%。").format(
                item=line.indicator, ratio=line.ratio, reach=line.reach
            )
            for line in known
        ]
    else:
        for item, n in Counter(line.indicator for line in known).most_common(_NAMED):
            units = tuple(line.unit for line in known if line.indicator == item)
            said.append(
                _("“{item}”是 {n} 个分公司的服务弱项（{units}）。").format(
                    item=item, n=n, units=_joined(data, units)
                )
            )
    missed: list[WeakLine] = [line for line in data.weak if line.outcome == "missed"]
    if missed and data.scope == "province":
        said.append(
            _("上季度弱项未达标的分公司：{units}，应说明原因。").format(
                units=_joined(data, tuple(line.unit for line in missed))
            )
        )
    elif missed:
        said.append(_("上季度弱项“{item}”没有达标，应说明原因并调整措施。").format(item=missed[0].before))
    return said


def _those(_: Callable[[str], str], data: Quarter, titles: list[str]) -> str:
    """All that share a place; of many the first ones and how many there are."""
    if len(titles) <= _NAMED:
        return _joined(data, tuple(titles))
    return _("{names} 等 {n} 项并列").format(names=_joined(data, tuple(titles[:_NAMED])), n=len(titles))


def _joined(data: Quarter, parts: tuple[str, ...]) -> str:
    return ("、" if data.head.language == "zh" else ", ").join(parts)
