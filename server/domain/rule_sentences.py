"""The sentences of findings about rule sets and calendars, in zh and en; `findings` takes them in."""

from collections.abc import Mapping

RULE_SENTENCES: Mapping[str, tuple[str, str]] = {
    # Figures
    "exact_form": (
        "写整数，小数写成带引号的文字，如 '1.1'",
        "write a whole number, or a number with decimals as a text such as '1.1'",
    ),
    "date_form": ("日期写作 2026-01-31，且须真有这一天", "a date is written 2026-01-31 and must exist"),
    "clock_form": ("时刻写作 9:00", "a time of day is written 9:00"),
    "weights_sum": ("各项相加是 {sum}，应为 100", "these add up to {sum} and must make 100"),
    "order_wrong": (
        "{small}（{less}）须小于 {large}（{more}）",
        "{small} ({less}) must be less than {large} ({more})",
    ),
    "rules_begin_after": (
        "第 {version} 版从 {date} 起生效，新版的生效日期要更晚",
        "version {version} is valid from {date}; the new one must begin later",
    ),
    "rules_begin_later": (
        "生效日期要在今天（{today}）以后，已有的结果才不会变",
        "it must begin after today ({today}), so that no figure changes that is there already",
    ),
    "rules_begin_sooner": (
        "生效日期最多在 {days} 天以后，请看看年份",
        "it must begin within {days} days: look at the year",
    ),
    # Bands
    "band_bounds": (
        "一档只能有一个下限（at_least 或 above）和一个上限（below 或 up_to）",
        "a band has one lower bound (at_least or above) and one upper bound (below or up_to)",
    ),
    "band_empty": ("“{band}”里没有任何值", "no value lies in “{band}”"),
    "bands_gap": ("“{lower}”与“{upper}”之间有空缺", "there is a gap between “{lower}” and “{upper}”"),
    "bands_overlap": ("“{lower}”与“{upper}”重叠", "“{lower}” and “{upper}” overlap"),
    "bands_missing": ("一档也没有", "there is no band"),
    "bands_start": ("最低一档须从 {bound} 开始", "the lowest band must begin at {bound}"),
    "bands_end": ("最高一档须到 {bound} 为止", "the highest band must reach {bound}"),
    "bands_open": ("最高一档须没有上限", "the highest band must be open above"),
    # Parts of a rule set
    "star_rows": ("星级须从 5 到 1 各写一行", "there must be one row for each star from 5 down to 1"),
    "hours_order": (
        "时段须按先后写，不重叠：{earlier} 与 {later}",
        "hours are written in order and must not overlap: {earlier} and {later}",
    ),
    "twice": ("“{value}”写了两次", "“{value}” stands twice"),
    "more_occasions": (
        "场合写了 {occasions} 种，检查只有 {visits} 次",
        "{occasions} occasions are named for {visits} visits",
    ),
    # Calendars
    "day_outside_year": ("{day} 不在 {year} 年", "{day} is not in {year}"),
    "holiday_order": ("假期的末日早于首日", "the last day is before the first"),
    "holidays_order": (
        "假期须按先后写，不重叠",
        "holidays are written in order and must not overlap",
    ),
    "not_a_weekend": ("{day} 本来就是工作日", "{day} is a working day anyway"),
    "works_on_holiday": ("{day} 已列为假日", "{day} is listed as a holiday"),
}
