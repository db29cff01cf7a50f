"""The columns of the list of corrective actions."""

from __future__ import annotations

from server.domain.actions import LEVELS
from server.domain.tables import Column, Holds, Say, plain
from server.queries import words
from server.queries.action_desk import Row


def actions(language: str) -> tuple[Column[Row], ...]:
    """The list of corrective actions, its items in the user's language."""
    return (
        Column("网点编码", lambda row, say: row.outlet_code),
        Column("网点", lambda row, say: row.outlet),
        Column("分公司", lambda row, say: row.branch),
        Column("项目编号", lambda row, say: plain(row.item)),
        Column("检查项", lambda row, say: row.item_text[language] if row.item_text else ""),
        Column("要整改的", lambda row, say: row.what),
        Column("类型", lambda row, say: say(words.ACTION_SORTS[row.sort])),
        Column("责任人", lambda row, say: row.who),
        Column("期限", lambda row, say: row.due_at, Holds.INSTANT),
        Column("已逾期", lambda row, say: say("是") if row.overdue else ""),
        Column("状态", lambda row, say: say(words.ACTION_STATES[row.state])),
        Column("督办", lambda row, say: say(words.ACTION_LEVELS[LEVELS[row.level]])),
        Column("重复不合格", lambda row, say: say("是") if row.repeats else ""),
        Column("复查", _recheck),
    )


def _recheck(row: Row, say: Say) -> str:
    if row.rechecked is not None:
        return say(words.ACTION_STEPS["recheck-passed" if row.rechecked else "recheck-failed"])
    return say(words.ACTION_RECHECKS[row.recheck]) if row.recheck else ""
