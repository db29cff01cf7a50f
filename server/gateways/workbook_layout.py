"""What a checklist workbook looks like: its sheets, columns and words in Chinese and English, for writer and reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from server.domain.conditions import FACTS
from server.domain.sheet_sentences import SHEET_WORDS

Form = Literal[
    "text",
    "id",
    "word",
    "points",
    "percent",
    "signed_percent",
    "whole",
    "bound",
    "hours",
    "condition",
    "words",
    "ids",
    "percents",
]
"""How a cell is written: `text` is kept letter for letter, `bound` is a whole number or a decimal as a text."""

Vocabulary = Mapping[str, tuple[str, str]]
"""The word of each code in Chinese and English; a reader takes either word or the code itself."""

YES: Vocabulary = {"yes": ("是", "yes"), "no": ("否", "no")}
KINDS: Vocabulary = SHEET_WORDS["kind"]
PHOTO: Vocabulary = {
    "always": ("每次", "always"),
    "on_fail": ("不合格时", "on fail"),
    "optional": ("可选", "optional"),
    "never": ("不拍", "never"),
}
REQUIRED: Vocabulary = {**YES, "any_failed": ("有不合格时", "when anything failed")}
AGAINST_LAST: Vocabulary = {"same": ("同", "same"), "changed": ("变", "changed"), "new": ("新", "new")}
SCORING: Vocabulary = {
    "all_or_nothing": ("一项不合格即全失", "all or nothing"),
    "per_item": ("逐项计", "per item"),
}
VISIT_KINDS: Vocabulary = {
    "mystery": ("暗访", "mystery"),
    "announced": ("明查", "announced"),
    "area_visit": ("走访", "area visit"),
    "patrol": ("巡检", "patrol"),
    "onboarding": ("准入验收", "onboarding"),
    "recheck": ("复查", "recheck"),
}
TIERS: Vocabulary = {
    "own_hall": ("自有营业厅", "own hall"),
    "franchise": ("自建他营店", "franchise"),
    "exclusive": ("指定专营店", "exclusive shop"),
    "ordinary": ("普通代理店", "ordinary agent"),
    "village": ("村级服务站", "village station"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or one row of the sheets About and Changes: its key, headings, explanation and width."""

    key: str
    zh: str
    en: str
    note_zh: str = ""
    note_en: str = ""
    width: int = 12
    form: Form = "text"
    words: Vocabulary | None = None

    def heading(self, language: str) -> str:
        """Return its name in a language."""
        return self.zh if language == "zh" else self.en

    @property
    def both(self) -> tuple[str, str]:
        """Its name in both languages, for findings."""
        return self.zh, self.en


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """One sheet: its key, names and columns. `entries`: About and Changes have a row for each of these."""

    key: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    entries: tuple[Column, ...] = ()

    def heading(self, language: str) -> str:
        """Return the sheet's name in a language."""
        return self.zh if language == "zh" else self.en


_ENTRY = Column("entry", "项目", "Entry", width=18)
_CONTENT = Column("content", "内容", "Content", "在这一列里改。", "Edit in this column.", 44)

ABOUT = SheetLayout(
    "about", "说明", "About",
    (_ENTRY, _CONTENT, Column("explained", "怎么填", "How", width=70)),
    (
        Column("id", "编号", "Id", "检查表的编号，小写字母、数字和连字符。", "Small letters, digits and hyphens.", form="id"),
        Column("version", "版本", "Version", "新的一版比上一版大 1。", "One more than the version before.", form="whole"),
        Column("title/zh", "名称（中文）", "Title (Chinese)"),
        Column("title/en", "名称（英文）", "Title (English)"),
        Column("visit_kinds", "检查类型", "Visit kinds", "可填几个，用顿号或逗号分开：", "Several, separated by commas: ", form="words", words=VISIT_KINDS),
        Column("tiers", "网点层级", "Tiers", "可填几个，用顿号或逗号分开：", "Several, separated by commas: ", form="words", words=TIERS),
        Column("points", "总分", "Points", "单位：分。须等于各检查项分值之和。", "What all items add up to.", form="points"),
        Column("prohibition_scoring", "禁止项计分", "Prohibition scoring", "", "", form="word", words=SCORING),
        Column("critical_cap", "关键项封顶", "Critical cap", "有关键项不合格时，一次检查最多得几分（0 到 100）。", "The most that a visit with a grave fail can score (0 to 100).", form="whole"),
        Column("fail_below", "不合格线（%）", "Fail below (%)", "得分率低于它就算不合格。", "An answer with less credit counts as failed.", form="percent"),
        Column("retired", "停用的编号", "Retired ids", "停用的检查项编号，用逗号分开；停用后不能再用。", "Ids that are gone for good, separated by commas.", form="ids"),
    ),
)  # fmt: skip

SECTIONS = SheetLayout(
    "sections", "环节", "Sections",
    (
        Column("id", "编号", "Id", "字母开头，只用字母、数字、连字符和下划线。", "Begins with a letter; letters, digits, - and _.", 10, "id"),
        Column("title/zh", "标题（中文）", "Title (Chinese)", "", "", 28),
        Column("title/en", "标题（英文）", "Title (English)", "", "", 28),
        Column("points", "分值（分）", "Points", "须等于本环节各项分值之和。", "What its items add up to.", 12, "points"),
        Column("when", "条件", "Condition", "满足时才有这个环节；空着就总有。写法见“说明”。", "The section is there only then; see About.", 40, "condition"),
    ),
)  # fmt: skip

ITEMS = SheetLayout(
    "items", "检查项", "Items",
    (
        Column("section", "环节", "Section", "环节的编号，见工作表“环节”。", "The section's id, from the sheet Sections.", 8, "id"),
        Column("id", "编号", "Id", "大写字母开头，如 OH-02；一经使用不再改作他用。", "Begins with a capital, such as OH-02; its meaning never changes.", 11, "id"),
        Column("text/zh", "检查内容（中文）", "Text (Chinese)", "检查员看到的文字。", "What the inspector reads.", 44),
        Column("text/en", "检查内容（英文）", "Text (English)", "", "", 36),
        Column("kind", "类型", "Kind", "怎样回答。", "How it is answered.", 12, "word", KINDS),
        Column("points", "分值（分）", "Points", "最多两位小数；不计分的填 0。", "At most two decimals; 0 when it is not scored.", 10, "points"),
        Column("source", "出处", "Source", "哪个标准的哪一条，如 S3 §4.3.1。", "Which clause of which standard, such as S3 §4.3.1.", 18),
        Column("when", "条件", "Condition", "满足时才问；空着就总问。写法见“说明”。", "Asked only then; see About.", 34, "condition"),
        Column("na", "可答不适用", "Not applicable", "是：可以答“不适用”。", "yes: “not applicable” may be answered.", 10, "word", YES),
        Column("required", "必答", "Required", "有分值的项总是必答，这里可空着。", "An item with points is always required.", 12, "word", REQUIRED),
        Column("min_chars", "最少字数", "Least characters", "只用于必答的文字项。", "For a required text alone.", 10, "whole"),
        Column("prohibition", "禁止项", "Prohibition", "禁止项的编号，见工作表“禁止项”。", "The prohibition's id, from the sheet Prohibitions.", 9, "id"),
        Column("critical", "关键项", "Critical", "是：不合格就是重大不合格。", "yes: a fail is a grave fail.", 8, "word", YES),
        Column("later", "可后补（小时）", "Later (hours)", "检查后几小时内可以补证；空着就不能后补。", "May be proved up to so many hours after the visit.", 12, "hours"),
        Column("leaving", "记离店", "Leaving", "只用于“时刻”：是，就以它为离店时间，最多一项。", "For an instant: its answer is when the inspector left; one item at most.", 9, "word", YES),
        Column("min", "最小", "Least", "量表、计数、数值的下限。", "Least value of a scale, count or number.", 8, "bound"),
        Column("max", "最大", "Most", "量表、计数、数值的上限。", "Largest value of a scale, count or number.", 8, "bound"),
        Column("unit/zh", "单位（中文）", "Unit (Chinese)", "计时总以秒为单位。", "A timer always counts seconds.", 10),
        Column("unit/en", "单位（英文）", "Unit (English)", "", "", 12),
        Column("credits", "量表各档得分（%）", "Scale credits (%)", "从最小到最大每档一个百分数，用逗号分开；空着就按比例。", "One percentage for each value, separated by commas; blank: in proportion.", 20, "percents"),
        Column("photo/when", "拍照", "Photo", "什么时候要拍照。", "When a photo is demanded.", 10, "word", PHOTO),
        Column("photo/below", "拍照得分线（%）", "Photo below (%)", "只用于“不合格时”：得分率低于它就要拍照；空着为 50。", "With “on fail”: due below this credit; 50 when blank.", 12, "percent"),
        Column("photo/hint/zh", "拍照提示（中文）", "Photo hint (Chinese)", "", "", 24),
        Column("photo/hint/en", "拍照提示（英文）", "Photo hint (English)", "", "", 24),
        Column("original", "存原图", "Original", "是：另存未压缩的照片。", "yes: keep the picture unshrunk as well.", 9, "word", YES),
        Column("max_px", "照片长边（像素）", "Longer side (px)", "320 到 8000；空着为 1600。", "320 to 8000; 1600 when blank.", 12, "whole"),
        Column("indicator", "指标", "Indicator", "空着就与编号相同。", "The same as the id when blank.", 11, "id"),
        Column("follows", "承接", "Follows", "新编号承接的旧编号。", "The old id that this new one follows.", 11, "id"),
        Column("against", "与上一版", "Against the last", "同：改了文字，含义没变；变：含义变了；新：新的一项。", "same: reworded, same meaning; changed: means something else; new: a new item.", 11, "word", AGAINST_LAST),
    ),
)  # fmt: skip

OPTIONS = SheetLayout(
    "options", "选项", "Options",
    (
        Column("item", "检查项", "Item", "单选或多选项的编号。", "The id of a choice or multiple choice.", 11, "id"),
        Column("id", "编号", "Id", "英文字母开头；条件里用它。", "Begins with a letter; conditions name it.", 14, "id"),
        Column("zh", "文字（中文）", "Text (Chinese)", "", "", 30),
        Column("en", "文字（英文）", "Text (English)", "", "", 30),
        Column("credit", "得分（%）", "Credit (%)", "0 到 100，多选可以到 -100；整项空着就只作记录。", "0 to 100, from -100 in a multiple choice; blank throughout: a record.", 11, "signed_percent"),
        Column("voids", "作废本次检查", "Voids the visit", "是：选了它，这次检查作废。", "yes: choosing it voids the visit.", 13, "word", YES),
    ),
)  # fmt: skip

BANDS = SheetLayout(
    "bands", "得分档", "Bands",
    (
        Column("item", "检查项", "Item", "计数、数值或计时项的编号。", "The id of a count, number or timer.", 11, "id"),
        Column("when", "条件", "Condition", "先成立的一组有效；空着的一组用于都不成立时。", "The first table whose condition holds; the one without, when none does.", 44, "condition"),
        Column("above", "大于", "Above", "等于上一档的“至多”；每组第一档空着。计时的单位是秒。", "The bound of the band before; blank in the first. Seconds for a timer.", 12, "bound"),
        Column("upto", "至多", "Up to", "含这个数；每组最后一档空着。计时的单位是秒。", "Including this value; blank in the last. Seconds for a timer.", 12, "bound"),
        Column("credit", "得分（%）", "Credit (%)", "0 到 100，最多一位小数。", "0 to 100, one decimal at most.", 11, "percent"),
    ),
)  # fmt: skip

PROHIBITIONS = SheetLayout(
    "prohibitions", "禁止项", "Prohibitions",
    (
        Column("id", "编号", "Id", "如 P8。", "Such as P8.", 9, "id"),
        Column("zh", "内容（中文）", "Text (Chinese)", "", "", 50),
        Column("en", "内容（英文）", "Text (English)", "", "", 50),
    ),
)  # fmt: skip

CHANGES = SheetLayout(
    "changes", "变更", "Changes",
    (
        _ENTRY,
        _CONTENT,
        Column("history/0", "版本", "Version", width=9),
        Column("history/1", "日期", "Date", width=18),
        Column("history/2", "谁", "Who", width=16),
        Column("history/3", "改了什么", "What changed", width=60),
    ),
    (
        Column("since", "与哪一版相比", "Since version", form="whole"),
        Column("note", "修改说明", "Note"),
        Column("same", "含义没变的编号", "Same meaning", form="ids"),
        Column("history", "历史", "History"),
    ),
)  # fmt: skip

SHEETS = (ABOUT, SECTIONS, ITEMS, OPTIONS, BANDS, PROHIBITIONS, CHANGES)

HOW_TO: Mapping[str, tuple[tuple[str, str], ...]] = {
    "zh": (
        ("怎样修改", "直接改各工作表的单元格；不要改列名，不要合并单元格，不要写公式。改好后在后台导入：先检查，全部无误才存为草稿。"),
        ("增加一项", "在“检查项”里加一行（可插在中间）；单选、多选在“选项”里加行，计数、数值、计时在“得分档”里加行。"),
        ("条件写法", "OH-02 = busy；OH-02 属于 (busy, idle)；PM-01 ≥ 3；PM-01 ≤ 5。用 且、或、非（…）连起来，且和或混用要加括号：OH-02 = busy 且 非（tier 属于 (village, ordinary)）。"),
        ("条件里的值", "合格／不合格项是 pass、fail；单选、多选是选项的编号；“不适用”是 na。也可以写选项、层级等的中文，如 OH-02 = 忙时、网点层级 属于（普通代理店, 村级服务站）。只能提到排在前面的检查项。像数字的文字加引号。"),
        ("条件里的事实", "；".join(f"{fact}：{'、'.join(words)}" for fact, words in FACTS.items())),
        ("单位", "分值以分计，最多两位小数；得分以百分数计，100 是满分；时间以秒计。"),
    ),
    "en": (
        ("Editing", "Edit the cells of the sheets; keep the columns' names, merge no cells, write no formulas. Import it in the console: it is checked first, and stored as a draft only when nothing is wrong."),
        ("Adding an item", "Add a row in Items (also in between); its options in Options, its bands in Bands."),
        ("Conditions", "OH-02 = busy; OH-02 in (busy, idle); PM-01 ≥ 3; PM-01 ≤ 5. Join them by and, or, not (…); brackets where and meets or: OH-02 = busy and not (tier in (village, ordinary))."),
        ("Values in conditions", "pass and fail; the ids of options; na for “not applicable”. Only earlier items can be named. A text that looks like a number stands in quotes."),
        ("Facts in conditions", "; ".join(f"{fact}: {', '.join(words)}" for fact, words in FACTS.items())),
        ("Units", "Points have two decimals at most; credits are percentages, 100 is full; times are seconds."),
    ),
}  # fmt: skip
