"""What codes mean in words: states, kinds, roles, tiers, flags, events; Chinese, the catalogue's source texts."""

from __future__ import annotations

import re
from collections.abc import Callable

from server.domain import appeals

STATES = {
    "draft": "草稿",
    "receiving": "接收中",
    "submitted": "待审核",
    "in_review": "审核中",
    "second_review": "待复审",
    "returned": "已退回",
    "accepted": "已通过",
    "published": "已发布",
    "final": "已关账",
    "void": "已作废",
    "discarded": "已放弃",
}
KINDS = {
    "mystery": "暗访",
    "announced": "明查",
    "area_visit": "片区经理走访",
    "patrol": "值班经理巡检",
    "onboarding": "准入验收",
    "recheck": "复查",
}
PARTS = {"opening": "营业前", "round": "营业中", "closing": "营业后"}
TIERS = {
    "own_hall": "自有营业厅",
    "franchise": "自建他营店",
    "exclusive": "指定专营店",
    "ordinary": "普通代理店",
    "village": "村级服务站",
}
SETTINGS = {"city": "城区", "county_town": "县城", "township": "乡镇"}
ROLES = {
    "shopper": "神秘顾客",
    "area_manager": "片区经理",
    "hall_manager": "厅经理",
    "outlet_owner": "代办业主",
    "reviewer": "审核员",
    "branch_manager": "分公司管理员",
    "hq": "省公司",
    "admin": "系统管理员",
    "auditor": "审计",
}
REPORT_KINDS = {
    "outlet_month": "网点月报",
    "branch_quarter": "分公司季报",
    "province_quarter": "全省季报",
    "decision_letter": "决定文书",
}
EDITIONS = {"inner": "内部版", "outlet": "网点版"}
HALF_DAYS = {"morning": "上午", "afternoon": "下午"}
ORIGINS = {"camera": "现场拍摄", "album": "相册选取"}
POINTS = {"start": "到店", "end": "离店"}
NO_POSITION = {
    "denied": "手机未授权定位",
    "unavailable": "手机无法定位",
    "timeout": "定位超时",
    "off": "定位已关闭",
    "none": "没有记录",
}
# Why an item has no photo, in the words that the inspector chose from on the phone.
NO_PHOTO = {
    "unnoticed": "拍照会被发现",
    "forbidden": "现场不让拍照",
    "absent": "现场没有可拍的",
    "broken": "相机用不了",
}
# The documents that the checklists' source clauses name by letter and number.
DOCUMENTS = {
    "S0": "《星级营业厅评定》",
    "S1": "《营业厅规范化》",
    "S2": "《客户满意度指标》",
    "S3": "《自有营业厅服务标准》",
    "S4": "《代理渠道服务质量》",
}
APPEAL_STATES = {
    "receiving": "待补证明",
    "asked": "待答复",
    "raised": "转省公司答复",
    "asked_again": "待终审",
    "rejected": "维持原判",
    "upheld": "已改判",
    "dismissed": "终审维持原判",
}
# What may differ between two revisions of a visit, beside its answers.
TIMES = {"started_at": "到店时间", "left_at": "离店时间", "finished_at": "手机上完成的时间"}
BESIDE = {"notes": "检查人的话", "actions": "当场约定的整改", "signatures": "签名", "position": "位置"}
# Why a photograph of another visit stands beside one.
COMPARED = {"same": "同一张照片", "similar": "相似照片", "before": "复查前"}
OUTCOMES = {"accept": "通过", "return": "退回", "void": "作废"}
WHY_SECOND = {"grave": "有重大不合格", "low": "得分偏低", "drawn": "随机抽中", "flagged": "有提示"}

INPUT_SORTS = {
    "satisfaction": "满意度回复",
    "times": "及时率（月汇总）",
    "tickets": "及时率（逐票记录）",
    "complaints": "投诉",
    "audit": "业务稽核差错",
    "staff": "人员名单",
    "customers": "服务客户数",
    "praise": "表扬与采纳建议",
    "vetoes": "否决事件",
}
INDICATOR_SOURCES = {
    "log": "系统日志",
    "survey": "客户调查",
    "visits": "暗访计时",
    "mixed": "系统日志和暗访计时",
}
INPUT_CODES = {
    "csat_hall": "营业厅客户满意率",
    "csat_terminal": "终端客户满意率",
    "csat_data": "数据及新业务客户满意率",
    "csat_premium": "中高端客户满意率",
    "handling_on_time": "业务办理及时率",
    "waiting_on_time": "等候及时率",
    "complaints": "投诉",
    "audit": "业务稽核差错",
    "certified": "持证人员",
    "customers": "服务客户数",
    "praises": "表扬",
    "ideas": "采纳建议",
}

ACTION_STATES = {
    "open": "待整改",
    "answered": "待验收",
    "accepted": "已验收",
    "reopened": "已退回",
    "withdrawn": "已撤销",
}
ACTION_SORTS = {"grave": "重大不合格", "premises": "场地设备", "other": "服务规范", "coaching": "经营指导"}
ACTION_LEVELS = {"area": "片区", "county": "县公司", "branch": "市分公司", "province": "省公司"}
ACTION_STEPS = {
    "made": "下发整改",
    "answered": "网点答复",
    "accepted": "验收通过",
    "reopened": "退回重做",
    "withdrawn": "撤销",
    "overdue": "逾期未答复",
    "escalated": "升一级督办",
    "recheck-planned": "安排复查",
    "recheck-passed": "复查合格",
    "recheck-failed": "复查不合格",
}
ACTION_RECHECKS = {
    "planned": "已安排复查",
    "unassigned": "复查待派人",
    "overdue": "复查已逾期",
    "impossible": "没有可对照的检查，还不能安排复查",
}
# What the system itself writes in the history of an action; all else there was typed by people.
ACTION_REASONS = {
    "recheck": "复查仍不合格",
    "repeated": "答复以后的检查中又不合格",
    "meanwhile": "还没有整改，又一次检查不合格",
    "handed-over": "原来那次检查已更正；另一次检查中这一项同样不合格，继续整改",
    "recheck-missed": "复查到期没有做，重新安排",
    "corrected": "检查结果已更正，这一项不再算不合格",
    "voided": "检查已作废",
}

# A flag's short name for lists, and its sentence with its facts.
FLAGS: dict[str, tuple[str, str]] = {
    "off_site": ("不在现场", "{at}时离网点 {distance_m} 米（定位误差 {accuracy_m} 米，允许 {limit_m} 米）。"),
    "no_position": ("没有定位", "没有位置：{reason}。"),
    "outlet_position_unknown": ("网点无坐标", "网点没有登记坐标，无法核对位置。"),
    "too_fast": ("停留过短", "在店 {minutes} 分钟，少于 {minimum} 分钟。"),
    "photo_older": ("旧照片", "照片来自相册，拍摄时间比到店早 {minutes} 分钟。"),
    "photo_repeated": ("重复照片", "同一张照片在另一次检查里用过。"),
    "photo_similar": ("相似照片", "与另一次检查的照片很像（64 位指纹相差 {bits} 位）。"),
    "photo_damaged": ("照片损坏", "照片打不开，可能在手机上就已损坏。"),
    "clock_unknown": ("时钟未知", "没有测到手机时钟的偏差，请核对检查日期。"),
    "clock_off": ("时钟不准", "手机时钟与服务器相差 {minutes} 分钟，请核对检查日期。"),
    "timer_edited": ("改过计时", "计时经人工更正。"),
    "timer_jump": ("计时跳变", "计时过程中手机时钟跳变。"),
    "changed_after_end": ("离店后修改", "离店后改了 {count} 项回答。"),
    "late": ("完成较晚", "离店 {hours} 小时后才完成，超过 {limit} 小时。"),
    "very_late": ("严重超时", "离店 {hours} 小时后才完成，超过 {limit} 小时，须由省公司决定是否有效。"),
    "same_text": ("文字雷同", "文字与同一检查人的另一次检查完全相同。"),
}

# Events of a visit's history, told to those who may see all of it.
EVENTS = {
    "visit.begun": "开始检查",
    "visit.saved": "保存草稿",
    "visit.submitted": "提交检查",
    "visit.whole": "文字与照片收齐",
    "visit.flagged": "系统核对取证",
    "visit.review-opened": "开始审核",
    "visit.review-asked": "转人工审核",
    "visit.second-review-asked": "转复审",
    "visit.disputed": "两次审核意见不一致，转省公司裁定",
    "visit.corrected": "逾期未补证的项改为不适用",
    "visit.corrected-by-appeal": "申诉改判，重新计分",
    "visit.acknowledged": "网点确认结果",
    "visit.accepted": "审核通过",
    "visit.returned": "退回修改",
    "visit.voided": "作废",
    "visit.on-withdrawn-assignment": "任务撤回后仍完成了检查",
    "visit.discarded": "检查人放弃",
    "visit.rescued": "由同事代为送达",
    "visit.rescue-refused": "同事代发的内容没有收下",
    "visit.published": "发布给网点",
    "visit.faces-proposed": "在照片上找人脸",
    "visit.photos-read": "照片上的文字识别",
    "upload.expired": "没有传完的文件到期删除",
    "photo.masked": "确认照片遮挡",
    "photo.released": "放行照片",
    "photo.withheld": "不放行照片",
    "photo.taken-back": "撤回照片的放行",
    "report.signed": "签发报告",
    "report.superseded": "报告被替代",
    "report.expired": "报告随照片到期，原件已删除",
    "rules.tried": "试算规则",
    "report.asked": "要求生成测评报告",
    "report.refused": "测评报告不能生成",
    "draft.ready": "测评报告草稿生成好",
    "draft.expired": "测评报告草稿到期删除",
    "folder.asked": "要求打包报告",
    "folder.failed": "报告没有打包成",
    "folder.expired": "打包的报告到期删除",
    "score.drift": "手机与服务器得分不一致，以服务器为准",
    "photo.arrived": "收到照片",
    "file.expired": "到期删除文件",
    "visit.pictures-expired": "照片到期，已删除",
    "visit.masked-expired": "遮挡后的照片到期，已删除",
    "visit.review-overdue": "超过审核时限",
    "token.made": "新建数据令牌",
    "token.ended": "停用数据令牌",
    "commission.computed": "计算服务佣金",
    "commission.closed": "服务佣金关账",
    "plan.reminder-done": "登记交流会或培训",
}

NO_DAY = "未定"
NO_OWNER = "没有负责人"
WEAK_ITEM_STATES = {"open": "跟踪中", "closed": "已达标关闭", "withdrawn": "已更正撤销"}
WEAK_ITEM_STEPS = {
    "opened": "成为服务弱项，开始跟踪",
    "closed": "达到目标，关闭",
    "reopened": "又成为服务弱项，重新跟踪",
    "withdrawn": "结果更正，不再是服务弱项",
    "missed": "未达目标，继续跟踪",
    "miss-corrected": "结果更正，不再算未达目标",
    "taken-up": "人工开始跟踪",
    "tracked": "更新跟踪计划",
    "done": "措施已完成",
    "undone": "措施改为未完成",
    "proved": "补充证明照片",
    "overdue": "措施逾期",
}
WEAK_ITEM_OUTCOMES = {"met": "达到目标", "missed": "未达目标", "too_few": "样本太少，不扣分"}
# What a correction made of a missed target.
WEAK_ITEM_CORRECTED = {"met": "达到目标", "too_few": "样本太少，不扣分", "none": "没有要达到的目标"}
# Of a quarter that is a draft nothing is decided yet.
WEAK_ITEM_SO_FAR = {"met": "截至目前达到", "missed": "截至目前未达到", "too_few": "截至目前样本太少"}
WEAK_ITEM_NONE = {"too_few": "样本太少，没有弱项", "all_full": "各项全部满分，没有弱项"}
WEAK_ITEM_LEVELS = {"branch": "分公司", "county": "县公司", "area": "片区", "outlet": "营业厅"}
WEBHOOK_TEST = "巡厅的测试消息：“{name}”已接通。"
# The events that a webhook may be told, as its form offers them.
COMMISSION_SHOWN = {
    "all": "全部",
    "negative": "佣金为负",
    "withheld": "有扣下",
    "refunded": "有返还",
    "settled": "有差额",
    "veto": "一类否决",
    "unnamed": "没有营业员名单",
    "left": "已退出欠款",
}
COMMISSION_CHECKS = {
    "published": "月度综合评价已发布",
    "same-round": "按最新的综合评价计算",
    "earlier": "前面的月份都已关账",
    "other": "由计算人以外的人关账",
}
WEBHOOK_EVENTS = {
    "visit.accepted": "审核通过（暗访除外）",
    "visit.published": "发布检查结果",
    "appeal.made": "提出申诉",
    "appeal.asked-again": "再次申诉",
    "appeal.escalated": "申诉到期上转",
    "appeal.upheld": "申诉成立",
    "appeal.rejected": "申诉未成立",
    "action.made": "新的整改",
    "action.answered": "整改已答复",
    "action.accepted": "整改验收通过",
    "action.reopened": "整改退回重做",
    "action.escalated": "整改升级处理",
    "action.overdue": "整改逾期",
    "action.withdrawn": "整改撤销",
    "folder.ready": "报告打包好",
}
WEBHOOK_FORMATS = {"json": "通用 JSON", "wecom": "企业微信群机器人"}
# Why a message was not taken; anything else is a code of the other side and is shown as it is.
WEBHOOK_ERRORS = {
    "timeout": "超时",
    "refused": "连接被拒绝",
    "connection broken": "连接中断",
    "certificate or TLS": "证书不可信",
    "unknown host": "找不到主机",
    "inner address": "内网地址不允许",
    "not https": "不是 HTTPS",
    "no errcode": "对方没有说明是否收下",
}

_DOCUMENT = re.compile(r"(?<![A-Za-z0-9])S[0-4](?![A-Za-z0-9])")


def no_photo(reason: str | None) -> str | None:
    """The reason for a missing photo in words of the catalogue; what somebody wrote himself stays as it is."""
    return NO_PHOTO.get(reason.strip(), reason) if reason else None


def note(written: str, _: Callable[[str], str] = str) -> str:
    """A stored note in the reader's language: what stands before the reason of an appeal's correction is ours."""
    why = appeals.why_corrected(written)
    return written if why is None else _(appeals.CORRECTED).replace("{why}", why)


def source(clause: str | None, _: Callable[[str], str] = str) -> str:
    """An item's source clause with the documents' names in place of S0 to S4."""
    return _DOCUMENT.sub(lambda found: _(DOCUMENTS[found[0]]), clause or "")


def flag_facts(flag: dict[str, object]) -> dict[str, object]:
    """The facts of a stored flag with the codes among them turned into words of the catalogue."""
    given = flag.get("facts")
    facts = dict(given) if isinstance(given, dict) else {}
    if "at" in facts:
        facts["at"] = POINTS[str(facts["at"])]
    if "reason" in facts:
        facts["reason"] = NO_POSITION[str(facts["reason"])]
    return facts
