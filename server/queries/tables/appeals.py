"""The columns of the list of appeals, and of how often they overturn what."""

from __future__ import annotations

from server.domain.tables import Column, Holds, hundredths_of
from server.queries import appeal_desk, words
from server.queries.appeal_figures import DeciderFigures, ItemFigures, ReviewerFigures


def appeals(language: str) -> tuple[Column[appeal_desk.Row], ...]:
    """The list of appeals, its items in the user's language."""
    return (
        Column("网点编码", lambda row, say: row.outlet_code),
        Column("网点", lambda row, say: row.outlet),
        Column("分公司", lambda row, say: row.branch),
        Column("类型", lambda row, say: say(words.KINDS[row.kind])),
        Column("检查日期", lambda row, say: row.visit_date, Holds.DATE),
        Column("项目编号", lambda row, say: row.item),
        Column("检查项", lambda row, say: row.item_text[language]),
        Column("第几次申诉", lambda row, say: row.turn, Holds.WHOLE),
        Column("申诉时间", lambda row, say: row.made_at, Holds.INSTANT),
        Column("状态", lambda row, say: say(words.APPEAL_STATES[row.state])),
        Column("期限", lambda row, say: row.due_at, Holds.INSTANT),
        Column("已超过期限", lambda row, say: say("是") if row.overdue else ""),
        Column("原得分", lambda row, say: hundredths_of(row.score_before), Holds.HUNDREDTHS),
        Column("改判后得分", lambda row, say: hundredths_of(row.score_after), Holds.HUNDREDTHS),
    )


def items(language: str) -> tuple[Column[ItemFigures], ...]:
    """How often which item is overturned."""
    return (
        Column("检查表", lambda row, say: row.checklist[language]),
        Column("项目编号", lambda row, say: row.item),
        Column("检查项", lambda row, say: row.text[language]),
        Column("申诉", lambda row, say: row.figures.appealed, Holds.WHOLE),
        Column("已改判", lambda row, say: row.figures.upheld, Holds.WHOLE),
        Column("维持原判", lambda row, say: row.figures.rejected, Holds.WHOLE),
        Column("未决", lambda row, say: row.figures.open, Holds.WHOLE),
        Column("改判率", lambda row, say: row.figures.percent, Holds.PERCENT),
    )


REVIEWERS: tuple[Column[ReviewerFigures], ...] = (
    Column("初审人", lambda row, say: row.name or say("按规则自动通过")),
    Column("被申诉的检查", lambda row, say: row.visits, Holds.WHOLE),
    Column("申诉", lambda row, say: row.figures.appealed, Holds.WHOLE),
    Column("已改判", lambda row, say: row.figures.upheld, Holds.WHOLE),
    Column("维持原判", lambda row, say: row.figures.rejected, Holds.WHOLE),
    Column("改判率", lambda row, say: row.figures.percent, Holds.PERCENT),
)

DECIDERS: tuple[Column[DeciderFigures], ...] = (
    Column("答复人", lambda row, say: row.name),
    Column("答复次数", lambda row, say: row.answered, Holds.WHOLE),
    Column("已改判", lambda row, say: row.upheld, Holds.WHOLE),
    Column("改判率", lambda row, say: row.percent, Holds.PERCENT),
)
