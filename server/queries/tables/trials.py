"""The columns of a trial's outlets, both sides beside each other."""

from __future__ import annotations

from server.domain.exact import half_up, two_decimals
from server.domain.tables import Column, Holds, Say
from server.domain.trials import Side, Tried
from server.queries import decision_words, trial_words, words


def _mean(side: Side) -> int | None:
    return None if side.mean is None else half_up(side.mean)


def _said(side: Side, say: Say) -> str:
    return say("；").join(f"{say(decision_words.KINDS[kind])} {period}" for kind, period in side.proposals)


def _near(row: Tried, say: Say) -> str:
    return say("；").join(
        f"{trial_words.line_name(each.code, say)} {two_decimals(each.value)} {each.period}"
        for each in row.near
    )


OUTLETS: tuple[Column[Tried], ...] = (
    Column("网点编码", lambda row, say: row.code),
    Column("网点", lambda row, say: row.name),
    Column("层级", lambda row, say: say(words.TIERS[row.tier])),
    Column("综合评价（现行）", lambda row, say: _mean(row.before), Holds.HUNDREDTHS),
    Column("综合评价（试算）", lambda row, say: _mean(row.after), Holds.HUNDREDTHS),
    Column("星级（现行）", lambda row, say: row.before.star, Holds.WHOLE),
    Column("星级（试算）", lambda row, say: row.after.star, Holds.WHOLE),
    Column("类别（现行）", lambda row, say: row.before.outlet_class or ""),
    Column("类别（试算）", lambda row, say: row.after.outlet_class or ""),
    Column("建议（现行）", lambda row, say: _said(row.before, say)),
    Column("建议（试算）", lambda row, say: _said(row.after, say)),
    Column("佣金（现行）", lambda row, say: row.before.commission, Holds.YUAN),
    Column("佣金（试算）", lambda row, say: row.after.commission, Holds.YUAN),
    Column("扣款（现行）", lambda row, say: row.before.withheld, Holds.YUAN),
    Column("扣款（试算）", lambda row, say: row.after.withheld, Holds.YUAN),
    Column("返还（现行）", lambda row, say: row.before.refunded, Holds.YUAN),
    Column("返还（试算）", lambda row, say: row.after.refunded, Holds.YUAN),
    Column("离门槛一分以内", _near),
)
