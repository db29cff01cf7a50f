"""The words of notes: what was missing or special in a figure, and what was done about it, in both languages."""

from collections.abc import Mapping

NOTES: Mapping[str, tuple[str, str]] = {
    "at-risk": ("{star} 星的门槛没有全部达到，保级有风险。", "A gate of {star} stars fails: at risk."),
    "bonus-limited": (
        "加分 {granted} 超过上限，按上限计。",
        "The bonus of {granted} is over its limit; the limit counts.",
    ),
    "capped-by-grave-fail": (
        "有重大不合格（{items}），得分封顶 {cap}。",
        "A grave fail ({items}) caps the score at {cap}.",
    ),
    "class-1-veto": ("本月有一类否决。", "There is a class-1 veto in this month."),
    "closed-by-veto": ("否决期内不得升星。", "No rise while a veto lasts."),
    "counts-late": (
        "关账后才通过审核，计入通过的那个周期。",
        "Accepted after its period was closed; it counts in the one of its acceptance.",
    ),
    "down-by-score": (
        "得分低于本星的线 {line}，降一星。",
        "The score is under the star's line of {line}: one star down.",
    ),
    "excused-month": (
        "按规则允许不达到，不影响“每月”的门槛。",
        "By the rules it may fall short: it counts for nothing in the gate of every month.",
    ),
    "excused-months": (
        "不算按规则允许不达到的 {months}；“实际”是其余各月中最低的。",
        "Without {months}, which by the rules may fall short; found is the lowest of the others.",
    ),
    "first-rating": ("首次评定：{star} 星。", "First rating: {star} stars."),
    "grave-fail": ("重大不合格。", "A grave fail."),
    "group-too-small": (
        "组内只有 {outlets} 个网点，不排末位。",
        "With {outlets} outlets the group has no last ones.",
    ),
    "highest-star": ("已是最高星级。", "It has the highest star."),
    "import-missing": (
        "当月数据没有导入，不当作 0。",
        "The month was not imported; that is not taken for 0.",
    ),
    "latest-taken": (
        "本月没有，取 {day} 的最近一次。",
        "None in this month: the latest one, of {day}, is taken.",
    ),
    "missing": ("没有数据（权重 {weight}）。", "No data (weight {weight})."),
    "month-taken": ("本月没有，取 {month}。", "None in this month: that of {month} is taken."),
    "months-together": (
        "本月回复不足，{first} 至 {last} 合并。",
        "Too few replies in this month: {first} to {last} together.",
    ),
    "needs-periods-running": (
        "{star} 星要连续 {periods} 期达到门槛。",
        "{star} stars need the gates passed {periods} periods running.",
    ),
    "no-data": ("没有数据。", "No data."),
    "no-data-passes": ("没有数据，按通过并注明。", "No data: it passes, and that is said."),
    "no-day-left": ("本周没有合适的日子。", "No day of the week is left."),
    "no-figure": ("本月和前两个月都没有数据。", "No figure in this month or those before it."),
    "no-lower-tier": ("已是最低一级。", "There is no lower tier."),
    "no-staff-named": ("没有登记店员，不分成。", "No staff are named, so nothing is shared."),
    "no-visits": ("没有检查。", "No visits."),
    "lift-not-told": (
        "评定之后依据的数据有变，按现在的数据得不出这个星级，所以不说差在哪几项；重新计算后可以看到。",
        "What the rating was made from has changed since and would not give these stars, so no items are named; computing it "
        "anew tells them.",
    ),
    "one-star-at-a-time": (
        "一期最多升一星，本期已经升了。",
        "A period gives one star more at most, and this one did.",
    ),
    "not-by-items": ("只改检查项也升不了一星。", "No items alone would have lifted it."),
    "first-rating-limit": (
        "首次评定最高 {most} 星，已经达到。",
        "A first rating gives {most} stars at most: it is there already.",
    ),
    "gate-stays-shut": (
        "检查项全部达到时，{gate}仍不够：{found}，要求 {asked}。",
        "With all items met, {gate} would still be short: {found} where {asked} is asked.",
    ),
    "veto-in-clean-months": (
        "近 {months} 个月内有否决项。",
        "There was a veto within the last {months} months.",
    ),
    "not-begun": (
        "算出结果时，这个月还没有开始。",
        "This month had not begun when the result was computed.",
    ),
    "not-done": ("没有做，按 0 计。", "Not done: counts 0."),
    "not-ranked-in-both": ("两季中有一季没有名次。", "Not ranked in both quarters."),
    "not-rated": ("有数据的权重不够，不评。", "Too little weight has data: not rated."),
    "nothing-applicable": ("有的检查没有适用项。", "In some visits nothing was applicable."),
    "nothing-open": ("没有可返还的。", "Nothing is open."),
    "open-days-unknown": (
        "不知道营业日，按有巡检的 {days} 天计。",
        "Days of opening are unknown; the {days} days with a patrol are taken.",
    ),
    "prohibition-violated": ("违反禁止项 {prohibition}。", "Prohibition {prohibition} was violated."),
    "smallest-not-proven": (
        "这些项缺一不可，但未证明是最少的。",
        "None of these can be left out; that fewer would not do is not proven.",
    ),
    "sources-by-outlet": (
        "{of} 个营业厅中，{logs} 个以系统日志为准，{visited} 个没有日志，取暗访计时。",
        "Of {of} halls {logs} count by their logs; {visited} without one by timers of mystery visits.",
    ),
    "source-outranks": ("以{taken}为准，不计{left}。", "From the {taken}; left out: {left}."),
    "spread": (
        "没有数据，权重 {weight} 摊给其他部分。",
        "No data: its weight of {weight} is spread over the others.",
    ),
    "stars-off-by-veto": ("{veto} 否决，摘 {stars} 星。", "Veto {veto} takes {stars} stars."),
    "taken-by-prohibition": (
        "因 {prohibition} 全组计 0（本项原得 {credit}）。",
        "Counts 0 with its group {prohibition} (its own credit: {credit}).",
    ),
    "taken-from-later-months": ("从以后月份的佣金中扣。", "Taken from later commission."),
    "tie-by-points-and-order": (
        "得分率并列最低（{tied}）：先取总分值高的；仍相同，按检查表的次序（禁止项在前，各部分在后）取在前的。",
        "A tie for the lowest ratio ({tied}): the one with more points; of equal points, the first in the checklist's order (its prohibitions, then its sections).",
    ),
    "too-few": ("样本只有 {visits} 次，不参评。", "Only {visits} visits: no candidate."),
    "too-few-months": ("只有 {months} 个月的数据，定为 C 类。", "Only {months} months have data: class C."),
    "too-few-months-rated": (
        "只有 {rated} 个月有综合得分，不评星。",
        "Only {rated} months are rated: no rating.",
    ),
    "too-few-no-deduction": ("样本只有 {visits} 次，不扣分。", "Only {visits} visits: no deduction."),
    "too-few-replies": ("有效回复只有 {replies} 份，不够。", "Only {replies} valid replies: too few."),
    "too-new": ("{since} 开业，满 {months} 个月再评。", "Opened on {since}: rated after {months} months."),
    "up": ("升为 {star} 星。", "Up to {star} stars."),
    "visits-corrected": ("关账后有检查改判。", "Visits were corrected after the close."),
    "staff-list-changed": (
        "名单改过：各人补足应得的，多得的不收回。",
        "The staff list was changed: each gets what was missing, nobody gives back.",
    ),
    "left": ("网点已退出，当月没有佣金。", "The outlet has left; the month has no commission of its own."),
    "veto-changed": ("否决的认定有变动。", "What is vetoed has changed."),
    "base-changed": ("每月基数改过。", "The monthly base has changed."),
    "month-added": (
        "关账以后这个网点才列入该月，整月补结。",
        "The outlet came into the month after its close: the whole month is settled.",
    ),
    "run-broken": (
        "改过以后，之后的月份不再连续达到，已返还的收回。",
        "After the correction the months that followed do not all reach it: what was paid back is taken back.",
    ),
    "run-mended": (
        "改过以后，之后的月份连续达到，收回的再返还。",
        "After the correction the months that followed all reach it: what was taken back is paid again.",
    ),
    "weak-item-all-full": ("各项全部满分，没有弱项。", "Everything is full: no weak item."),
    "weak-item-too-few": ("样本太少，没有弱项。", "Too few visits: no weak item."),
    "yellow-card": ("{quarter} 低于本星的线，黄牌。", "{quarter} is under the star's line: yellow card."),
}
