"""The columns of the lists of signed reports: of visits, of periods, and folders of them."""

from __future__ import annotations

from server.domain.tables import Cell, Column, Holds, Say, hundredths_of
from server.domain.visit import SHANGHAI
from server.queries import period_reports as periods
from server.queries import report_folders, words
from server.queries import reports as visits

_PERIOD_STATES = {"current": "有效", "superseded": "已被替代", "outdated": "检查有变动，需重新签发"}
_FOLDER_STATES = {
    "signing": "正在签发",
    "zipping": "正在打包",
    "ready": "可以下载",
    "failed": "没有做成，请重新打包",
    "expired": "已到期删除",
}


def reports(*, inside: bool) -> tuple[Column[visits.Line], ...]:
    """Signed reports of visits; outlets and branches learn the day of the signature and not its hour."""
    signed: Column[visits.Line] = (
        Column("签发", lambda row, say: row.signed_at, Holds.INSTANT)
        if inside
        else Column("签发", lambda row, say: row.signed_at.astimezone(SHANGHAI).date(), Holds.DATE)
    )
    edition: Column[visits.Line] = Column("版本", lambda row, say: say(words.EDITIONS[row.edition]))
    return (
        Column("编号", lambda row, say: row.number),
        Column("网点编码", lambda row, say: row.outlet_code),
        Column("网点", lambda row, say: row.outlet),
        Column("类型", lambda row, say: say(words.KINDS[row.kind])),
        Column("检查日期", lambda row, say: row.visit_date, Holds.DATE),
        Column("得分", lambda row, say: hundredths_of(row.score), Holds.HUNDREDTHS),
        *((edition,) if inside else ()),
        Column("语言", lambda row, say: _language(row.language)),
        signed,
        Column("状态", lambda row, say: say(_PERIOD_STATES["superseded" if row.superseded else "current"])),
    )


def period_reports(*, inside: bool) -> tuple[Column[periods.Line], ...]:
    """Signed reports of periods, and decision letters."""
    edition: Column[periods.Line] = Column("版本", lambda row, say: say(words.EDITIONS[row.edition]))
    return (
        Column("编号", lambda row, say: row.number),
        Column("网点或单位", lambda row, say: row.subject),
        Column("类型", lambda row, say: say(words.REPORT_KINDS[row.kind])),
        Column("周期", lambda row, say: row.period),
        *((edition,) if inside else ()),
        Column("语言", lambda row, say: _language(row.language)),
        Column("签发", lambda row, say: row.signed_at, Holds.INSTANT),
        Column("状态", lambda row, say: say(_PERIOD_STATES[row.state])),
    )


FOLDERS: tuple[Column[report_folders.Folder], ...] = (
    Column("周期", lambda row, say: row.asked.period or say("全部周期")),
    Column("分公司", lambda row, say: row.branch),
    Column("类型", lambda row, say: _kind(row, say)),
    Column("版本", lambda row, say: say(words.EDITIONS[row.edition])),
    Column("申请时间", lambda row, say: row.asked_at, Holds.INSTANT),
    Column("状态", lambda row, say: say(_FOLDER_STATES[row.state])),
    Column("份数", lambda row, say: row.total - row.skipped, Holds.WHOLE),
    Column("保存到", lambda row, say: row.expires_at, Holds.INSTANT),
)


def _kind(row: report_folders.Folder, say: Say) -> Cell:
    if not row.asked.kind:
        return say("全部")
    return say(words.REPORT_KINDS[row.asked.kind] if row.asked.periodic else words.KINDS[row.asked.kind])


def _language(code: str) -> str:
    return "中文" if code == "zh" else "English"
