"""The rules of visits as data: how many, by whom, review, publishing, appeals, fixes, evidence, keeping.

Handbook 2.3, 2.14 and 03, "Visits, rotation, checking, appeals, fixes". Hours, minutes, days and months are
whole numbers; days are calendar days unless a name says working days.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from server.domain.findings import Finding, at
from server.domain.rule_parts import (
    AtLeastOne,
    ByTier,
    Count,
    CountByClass,
    CountByTier,
    Part,
    Percent,
    Period,
    Several,
    order_problem,
    weights_problem,
)
from server.domain.shapes import Within


class PatrolDay(Part):
    """What the parts of a patrol weigh in the figure of its day; a part not done counts 0 (handbook 2.3)."""

    opening: Percent
    """营业前 | before opening"""
    rounds: Percent
    """营业中各次平均 | mean of the rounds"""
    closing: Percent
    """营业后 | after closing"""

    def problems(self) -> Iterator[Finding]:
        """Weights add up to 100."""
        return weights_problem(self)


class Aggregates(Part):
    """How visits become figures of a period (handbook 2.3)."""

    branch_mean_of: Literal["halls", "visits"]
    """分公司均值取自 | the mean of a branch is taken of"""
    patrol_day: PatrolDay
    """巡检当日权重 | weights of a patrol's day"""


class TierVisits(Part):
    """How often outlets of one tier are visited, and by whom."""

    visits: CountByClass
    """次数 | visits"""
    per: Period
    """每 | in each"""
    by: Literal["shopper", "area_manager"]
    """由谁 | by"""
    occasions: Several[Literal["busy", "idle", "weekend"]] = ()
    """场合各一次 | one of each occasion"""
    drawn_per: Period | None = None
    """分摊到每 | spread over each"""

    def problems(self) -> Iterator[Finding]:
        """Each occasion once, and no more of them than visits."""
        for n, occasion in enumerate(self.occasions):
            if occasion in self.occasions[:n]:
                yield Finding(at("", "occasions", n), "twice", {"value": occasion})
        fewest = min(count for _, count in self.visits.items())
        if len(self.occasions) > fewest:
            facts = {"occasions": len(self.occasions), "visits": fewest}
            yield Finding("/occasions", "more_occasions", facts)


class PowerHallVisits(Part):
    """How often halls of a power utility are visited."""

    visits: Count
    """次数 | visits"""
    per: Period
    """每 | in each"""
    mixed_every: AtLeastOne
    """每几次有一次明暗结合 | one in so many is covert and announced together"""


class Rotation(Part):
    """When the same shopper may come back to an outlet."""

    days: AtLeastOne
    """不重复到同一网点的天数 | days before the same outlet again"""
    never_twice_running: bool
    """不连续两次 | never twice running"""
    companions_too: bool
    """同行人同样受限 | companions too"""
    home_county_barred: bool
    """回避居住或从业过的县 | not in the county where they live or worked in the trade"""


class Pool(Part):
    """The shoppers as a whole."""

    new_faces_percent: Percent
    """一年内新面孔比例 % | new faces in a year, %"""
    spotted_barred_months: Count
    """被认出后回避该市的月数 | months that a spotted shopper is barred from the city"""


class Recontact(Part):
    """Shoppers' visits that are asked about again."""

    percent: Percent
    """复核比例 % | re-contacted, %"""
    by_phone_percent: Percent
    """其中电话 % | of them by phone, %"""
    on_site_percent: Percent
    """其中现场 % | of them on site, %"""
    each_shopper_per_wave: Count
    """每批每人至少 | at least for each shopper in a wave"""

    def problems(self) -> Iterator[Finding]:
        """Phone and site make 100."""
        if self.by_phone_percent + self.on_site_percent != 100:
            total = self.by_phone_percent + self.on_site_percent
            yield Finding("/on_site_percent", "weights_sum", {"sum": str(total)})


class Agreement(Part):
    """Two readers of the same items."""

    equal_percent: Percent
    """一致率下限 % | equal answers at least, %"""
    gap_points: Percent
    """总分差超过几分要查看 | more than so many points' gap is looked at"""
    practice_per_wave: Count
    """每批校准练习 | practice visits in each wave"""


class Visits(Part):
    """How often which outlets are visited, and by which shoppers."""

    tiers: ByTier[TierVisits]
    """各级网点 | by tier"""
    power_hall: PowerHallVisits
    """供电营业厅 | power hall"""
    patrol_rounds_per_shift: AtLeastOne
    """每班巡检次数 | patrol rounds in a shift"""
    off_peak_percent: Percent
    """闲时比例 % | off-peak share, %"""
    rotation: Rotation
    """轮换 | rotation"""
    pool: Pool
    """神秘顾客队伍 | pool of shoppers"""
    recontact: Recontact
    """回访复核 | re-contact"""
    agreement: Agreement
    """审核一致性 | agreement of readers"""


class ReviewRules(Part):
    """Who must look a second time, and how long things may take (handbook 2.14)."""

    within_hours: AtLeastOne
    """审核时限（小时） | hours for the review"""
    return_hours: AtLeastOne
    """退回更正时限（小时） | hours to correct a returned visit"""
    second_at_most: Percent
    """得分不高于此须复审 | a score of this or less is confirmed by a second person"""
    second_percent: Annotated[int, Within(0, 100)]
    """抽取复审 % | drawn for a second review, %"""
    patrol_percent: Annotated[int, Within(0, 100)]
    """规则通过的检查抽审 % | drawn of what rules could accept, %"""
    grave_warning_hours: AtLeastOne
    """重大不合格确认后通知（小时） | hours to warn of a confirmed grave fail"""
    publish_working_days: Count
    """通过后公布（工作日） | working days from acceptance to publishing"""


class Appeals(Part):
    """How long an outlet may appeal, and how long the answers take, in working days."""

    within_working_days: AtLeastOne
    """公布后申诉（工作日） | working days from publishing"""
    per_item: AtLeastOne
    """每项次数 | appeals for one item"""
    answer_working_days: AtLeastOne
    """初次答复（工作日） | working days to the first answer"""
    second_within_working_days: AtLeastOne
    """再次申诉（工作日） | working days to ask a second time"""
    second_answer_working_days: AtLeastOne
    """终审（工作日） | working days to the last answer"""


class Fixes(Part):
    """How long a corrective action may take, and when it is looked at again."""

    grave_hours: AtLeastOne
    """重大不合格（小时） | grave, hours"""
    premises_days: AtLeastOne
    """场地设备（天） | premises and equipment, days"""
    other_days: AtLeastOne
    """其他（天） | others, days"""
    recheck_days: AtLeastOne
    """复查（天后） | recheck after days"""
    repeated_days: AtLeastOne
    """重复不合格的天数，升一级处理 | days within which the same item failing again goes up one level"""


class Retention(Part):
    """How long things are kept; an appeal or case that runs stops the clock (handbook 03, Law and conduct)."""

    evidence_days: AtLeastOne
    """影音：申诉期结束后（天） | pictures and sound, days after the appeal ends"""
    outlet_months: AtLeastOne
    """遮挡后的门头照与小票（月） | masked front and receipt, months"""
    score_years: AtLeastOne
    """得分（年） | scores, years"""


class EvidenceRules(Part):
    """The limits behind the reviewer's flags."""

    off_site_m: Count
    """离网点超过几米算异地 | metres from the outlet beyond the phone's own accuracy"""
    clock_off_s: AtLeastOne
    """手机时钟偏差（秒） | seconds between the phone's clock and ours"""
    min_stay_minutes: CountByTier
    """最短停留（分钟） | shortest stay, minutes"""
    late_hours: AtLeastOne
    """离店后完成：迟（小时） | from leaving to finishing: late, hours"""
    very_late_hours: AtLeastOne
    """超过此由省公司决定（小时） | beyond this hq decides, hours"""
    similar_bits: Annotated[int, Within(0, 32)]
    """照片指纹相差不超过几位算相似 | bits in which similar pictures may differ"""
    similar_days: AtLeastOne
    """比对多少天内的照片 | days back that pictures are compared"""
    same_text_characters: AtLeastOne
    """文字雷同：至少几个字 | copied text: characters at least"""
    same_text_visits: Count
    """文字雷同：比对几次检查 | copied text: earlier visits compared"""

    def problems(self) -> Iterator[Finding]:
        """Late comes before very late."""
        return order_problem(
            "/very_late_hours", ("late_hours", self.late_hours), ("very_late_hours", self.very_late_hours)
        )
