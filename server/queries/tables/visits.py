"""The columns of the lists of visits: at the review desk, waiting to be published, published in batches, and the agreement of readers."""

from __future__ import annotations

from server.domain.tables import Column, Holds, hundredths_of, plain
from server.queries import agreement, publishing, review, words
from server.storage.organisation import Outlet
from server.storage.visits import Visit


def visits(*, inside: bool, scores: bool) -> tuple[Column[review.Row], ...]:
    """The list of visits as this viewer may see it: flags and who has one open are for head office."""
    columns: list[Column[review.Row]] = [
        Column("网点编码", lambda row, say: row.outlet_code),
        Column("网点", lambda row, say: row.outlet),
        Column("分公司", lambda row, say: row.branch),
        Column("渠道", lambda row, say: say(words.TIERS[row.tier])),
        Column("类型", lambda row, say: say(words.KINDS[row.kind])),
        Column("时段", lambda row, say: say(words.PARTS[row.part]) if row.part else ""),
        Column("检查日期", lambda row, say: row.visit_date, Holds.DATE),
        Column("检查人", lambda row, say: plain(row.inspector)),
        Column("提交时间", lambda row, say: row.submitted_at, Holds.INSTANT),
        Column("状态", lambda row, say: say(words.STATES[row.state])),
    ]
    if scores:
        columns += [
            Column("得分", lambda row, say: hundredths_of(row.score), Holds.HUNDREDTHS),
            Column("重大不合格", lambda row, say: say("是") if row.grave else ""),
        ]
    if inside:
        columns += [
            Column("待作废", lambda row, say: say("是") if row.voided else ""),
            Column("超过审核时限", lambda row, say: say("是") if row.overdue else ""),
            Column("两次审核不一致", lambda row, say: say("是") if row.disputed else ""),
            Column("提示", lambda row, say: say("；").join(say(words.FLAGS[code][0]) for code in row.flags)),
            Column("审核员", lambda row, say: plain(row.claimed_by)),
        ]
    return tuple(columns)


WAITING: tuple[Column[publishing.Waiting], ...] = (
    Column("网点编码", lambda row, say: row.outlet_code),
    Column("网点", lambda row, say: row.outlet),
    Column("分公司", lambda row, say: row.branch),
    Column("渠道", lambda row, say: say(words.TIERS[row.tier])),
    Column("类型", lambda row, say: say(words.KINDS[row.kind])),
    Column("时段", lambda row, say: say(words.PARTS[row.part]) if row.part else ""),
    Column("检查日期", lambda row, say: row.visit_date, Holds.DATE),
    Column("审核通过", lambda row, say: row.accepted, Holds.INSTANT),
    Column("发布时限", lambda row, say: row.last_day, Holds.DATE),
    Column("已超过期限", lambda row, say: say("是") if row.overdue else ""),
    Column("照片", lambda row, say: row.photos, Holds.WHOLE),
    Column("可公开的照片", lambda row, say: row.released, Holds.WHOLE),
    Column("不公开的照片", lambda row, say: row.withheld, Holds.WHOLE),
    Column("没看过的照片", lambda row, say: row.unseen, Holds.WHOLE),
    Column("得分", lambda row, say: hundredths_of(row.score), Holds.HUNDREDTHS),
    Column("重大不合格", lambda row, say: say("是") if row.grave else ""),
)

BATCHES: tuple[Column[publishing.Made], ...] = (
    Column("发布时间", lambda row, say: row.at, Holds.INSTANT),
    Column("发布人", lambda row, say: row.who or say("系统")),
    Column("检查次数", lambda row, say: row.visits, Holds.WHOLE),
)


BATCH: tuple[Column[tuple[Visit, Outlet]], ...] = (
    Column("网点编码", lambda row, say: row[1].code),
    Column("网点", lambda row, say: row[1].name),
    Column("类型", lambda row, say: say(words.KINDS[row[0].kind.value])),
    Column("检查日期", lambda row, say: row[0].visit_date, Holds.DATE),
    Column("状态", lambda row, say: say(words.STATES[row[0].state.value])),
)


def agreement_lines(language: str, *, by_reviewer: bool) -> tuple[Column[agreement.Line], ...]:
    """Agreement by item or by reviewer."""
    who: tuple[Column[agreement.Line], ...] = (
        (Column("审核员", lambda row, say: row.name[language]),)
        if by_reviewer
        else (
            Column("项目编号", lambda row, say: row.code),
            Column("检查项", lambda row, say: row.name[language]),
        )
    )
    return (
        *who,
        Column("对照", lambda row, say: row.compared, Holds.WHOLE),
        Column("一致", lambda row, say: row.equal, Holds.WHOLE),
        Column("一致率", lambda row, say: hundredths_of(row.percent), Holds.PERCENT),
        Column("需要校准", lambda row, say: say("是") if row.below else ""),
    )


GAPS: tuple[Column[agreement.Gap], ...] = (
    Column("网点", lambda row, say: row.outlet),
    Column("检查日期", lambda row, say: row.day, Holds.DATE),
    Column("初审得分", lambda row, say: hundredths_of(row.first), Holds.HUNDREDTHS),
    Column("复审得分", lambda row, say: hundredths_of(row.second), Holds.HUNDREDTHS),
    Column("相差", lambda row, say: hundredths_of(row.gap), Holds.HUNDREDTHS),
)
