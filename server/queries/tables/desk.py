"""The columns of an outlet's results on its home desk."""

from __future__ import annotations

from server.domain.tables import Column, Holds, hundredths_of
from server.queries import words
from server.queries.desk import Result

RESULTS: tuple[Column[Result], ...] = (
    Column("检查日期", lambda row, say: row.visit_date, Holds.DATE),
    Column("类型", lambda row, say: say(words.KINDS[row.kind])),
    Column("时段", lambda row, say: say(words.PARTS[row.part]) if row.part else ""),
    Column("得分", lambda row, say: hundredths_of(row.score), Holds.HUNDREDTHS),
    Column("重大不合格", lambda row, say: say("是") if row.grave else ""),
    Column("已确认", lambda row, say: say("是") if row.acknowledged else ""),
    Column("申诉项数", lambda row, say: row.appeals, Holds.WHOLE),
    Column("申诉截止", lambda row, say: row.appeal_until, Holds.INSTANT),
)
