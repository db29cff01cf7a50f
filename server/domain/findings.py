"""Findings: what is wrong with a checklist or an answer, as a value, and its sentence in zh and en."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from server.domain.rule_sentences import RULE_SENTENCES
from server.domain.sheet_sentences import SHEET_SENTENCES, SHEET_WORDS


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: JSON pointer, message key, facts; the reader adds file and line, or a cell."""

    path: str
    message_key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None
    file: str | None = None
    cell: str | None = None
    """Where it stands in a workbook: `检查项!D7`, or the sheet's name alone."""

    def placed(self, file: str, line: int | None) -> "Finding":
        """Return the same finding with the file and the line (from 1) where it stands."""
        return replace(self, file=file, line=line)

    def in_cell(self, file: str, cell: str | None) -> "Finding":
        """Return the same finding with the workbook's file and the cell (`检查项!D7`) where it stands."""
        return replace(self, file=file, cell=cell)


def at(path: str, *steps: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a place below `path`."""
    return path + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def sentence(finding: Finding, language: str) -> str:
    """Return what is wrong as a sentence in `zh` or `en`; facts that are keys of words, or pairs of them, are worded too."""
    zh, en = next(
        table[finding.message_key]
        for table in (SHEET_SENTENCES, RULE_SENTENCES, _SENTENCES)
        if finding.message_key in table
    )
    facts = dict(finding.facts)
    if finding.message_key == "text_missing":
        facts["language"] = _LANGUAGES[facts["language"]][language != "zh"]
    if finding.message_key == "wrong_type":
        facts["expected"] = _EXPECTED[facts["expected"]][language != "zh"]
    for name, value in facts.items():
        if isinstance(value, tuple):
            facts[name] = value[language != "zh"]
    if finding.cell is not None:
        # Whoever reads a workbook meets no codes in it, so none are told either.
        for name, words in SHEET_WORDS.items():
            if facts.get(name) in words:
                facts[name] = words[facts[name]][language != "zh"]
    return (zh if language == "zh" else en).format(**facts)


def listed(findings: Iterable[Finding], language: str) -> str:
    """Return findings as lines `file:line: pointer: sentence`, or `file: sheet!cell: sentence`, in order."""
    return "\n".join(f"{_place(each)}{sentence(each, language)}" for each in findings)


def _place(finding: Finding) -> str:
    parts = [finding.file, None if finding.line is None else str(finding.line)]
    place = ":".join(part for part in parts if part)
    return "".join(f"{part}: " for part in (place, finding.cell or finding.path) if part)


_LANGUAGES = {"zh": ("中文", "Chinese"), "en": ("英文", "English")}

_EXPECTED = {
    "whole_number": ("整数", "a whole number"),
    "words": ("文字", "a text"),
    "true_or_false": ("true 或 false", "true or false"),
    "list": ("列表", "a list"),
    "mapping": ("键值表", "a mapping"),
    "other": ("别的形式", "another form"),
}

_SENTENCES: Mapping[str, tuple[str, str]] = {
    # The shape of a checklist
    "unknown_key": ("不认识的键“{key}”", "unknown key “{key}”"),
    "missing_key": ("缺少“{key}”", "“{key}” is missing"),
    "not_one_of": ("只能是 {allowed}", "must be {allowed}"),
    "out_of_range": (
        "超出界限，要在 {least} 到 {most} 之间",
        "outside the limits, it must be from {least} to {most}",
    ),
    "wrong_form": ("不合格式 {pattern}", "does not have the form {pattern}"),
    "wrong_type": ("这里要的是{expected}", "{expected} is expected here"),
    "empty": ("“{key}”是空的", "“{key}” is empty"),
    # Its identity and totals
    "id_twice": ("编号 {id} 重复", "the id {id} is used twice"),
    "id_reserved": ("编号 {id} 另有用处，换一个", "the id {id} is used for something else: take another"),
    "indicator_twice": (
        "指标 {indicator} 已用于 {item}",
        "the indicator {indicator} is that of {item} already",
    ),
    "id_returned": ("{item} 已停用，不能再用", "{item} is retired and must not come back"),
    "id_not_retired": (
        "{item} 在以前的版本里有，须保留或列入 retired",
        "{item} was in an earlier version: keep it or list it under retired",
    ),
    "id_changed_meaning": (
        "{item} 的类型或指标变了，须用新编号",
        "{item} has another kind or indicator than before: take a new id",
    ),
    "change_undeclared": (
        "{item} 与上一版不同：在 changes 的 same 里写明含义没变，或换新编号",
        "{item} differs from the version before: say under changes, same, that it means the same, or take a new id",
    ),
    "follows_unknown": ("上一版没有 {item}，不能承接", "the version before has no {item} to follow"),
    "follows_changed": ("{item} 承接哪一项不能改", "what {item} follows cannot be changed"),
    "indicator_not_broken": (
        "{item} 承接 {follows}，含义变了，不能仍用指标 {indicator}",
        "{item} follows {follows} and means something else, so it cannot go on with the indicator {indicator}",
    ),
    "changes_since": ("上一版是第 {version} 版", "the version before is {version}"),
    "same_unknown": (
        "{item} 不是两版都有的项，不能说含义没变",
        "{item} is not in both versions, so it cannot mean the same",
    ),
    "total_differs": (
        "写明合计 {declared}，各项相加为 {sum}（百分之一分）",
        "declared as {declared}, the items add up to {sum} (hundredths of a point)",
    ),
    "text_missing": ("缺少{language}文字", "the {language} text is missing"),
    "text_long": ("文字最多 {most} 个字", "a text has {most} characters at most"),
    # Its items
    "key_not_for_kind": ("{kind} 类不能有“{key}”", "“{key}” does not go with the kind {kind}"),
    "points_without_credit": (
        "{kind} 项有分值，但没有得分办法",
        "the {kind} item has points but nothing that gives credit",
    ),
    "on_fail_without_credit": (
        "没有得分的项不会“不合格”，照片不能是 on_fail",
        "an item without credit cannot fail, so its photo cannot be on_fail",
    ),
    "below_without_on_fail": ("below 只用于 on_fail", "below goes with on_fail alone"),
    "too_few_options": ("至少要有两个选项", "at least two options are needed"),
    "credit_for_some": ("这些选项没有写得分：{options}", "these options have no credit: {options}"),
    "option_name": ("选项名“{option}”不能用", "the option name “{option}” cannot be used"),
    "credit_below_zero": ("单选项的得分不能小于0", "an option of a choice cannot have less than 0 credit"),
    "credit_range": (
        "得分须是0到1000的整数，不是 {credit}",
        "a credit is a whole number from 0 to 1000, not {credit}",
    ),
    "scale_range": (
        "量表要有整数 min 和 max，max 比 min 大，至多{steps}档",
        "a scale needs whole numbers min and max, max above min, at most {steps} steps",
    ),
    "table_not_covering": (
        "量表有 {values} 档，得分写了 {credits} 个",
        "the scale has {values} values but {credits} credits",
    ),
    "bound_form": ("界限 {bound} 不合这一类", "the bound {bound} does not fit this kind"),
    "max_not_above_min": ("max 须大于 min", "max must be above min"),
    "cases_without_bands": (
        "有 cases 还须有 bands，供都不成立时用",
        "cases need bands beside them, for when none of them holds",
    ),
    "band_shape": ("每一档写作 [上限, 得分]", "a band is written [upper bound, credit]"),
    "bands_not_covering": (
        "最后一档的上限须是 null，才能盖住所有的值",
        "the last band's bound must be null, so that every value is covered",
    ),
    "bands_not_ascending": ("各档上限须逐个变大", "the bounds of the bands must ascend"),
    "prohibition_unknown": ("没有禁止项 {prohibition}", "there is no prohibition {prohibition}"),
    "effect_without_points": ("没有分值的项不能是 {key}", "an item without points cannot be {key}"),
    "min_chars_without_text": (
        "min_chars 只用于必填的文字项",
        "min_chars goes with a required text alone",
    ),
    "any_failed_with_points": (
        "有分值的项总是必填，不能写 any_failed",
        "an item with points is always required, any_failed does not go with it",
    ),
    "leaving_twice": (
        "{item} 已记下离店，只能有一项",
        "{item} already notes the leaving; only one item can",
    ),
    # Its conditions
    "condition_shape": (
        "条件写作 item 或 fact 加一个 is、in、at_least、at_most，或 all、any、not",
        "a condition is item or fact with one of is, in, at_least, at_most, or it is all, any, not",
    ),
    "condition_empty": ("“{word}”须是不空的列表", "“{word}” must be a list that is not empty"),
    "condition_value": ("条件里的值须是文字或整数", "a value in a condition is a text or a whole number"),
    "condition_unknown_item": ("没有 {item} 这一项", "there is no item {item}"),
    "condition_forward": (
        "{item} 排在后面，条件只能看前面的项",
        "{item} comes later; a condition names earlier items",
    ),
    "condition_circle": ("条件绕回了 {item}", "the condition runs in a circle through {item}"),
    "fact_unknown": (
        "没有“{fact}”这个事实，可用 {allowed}",
        "there is no fact “{fact}”; there are {allowed}",
    ),
    "operator_not_for": ("{operator} 不能用于 {name}", "{operator} does not go with {name}"),
    "value_unknown": (
        "没有“{value}”这个值，可用 {allowed}",
        "there is no value “{value}”; possible: {allowed}",
    ),
    "na_not_offered": ("{item} 不能答“不适用”", "{item} does not offer “not applicable”"),
    # The files
    "file_unreadable": ("读不了文件：{reason}", "the file cannot be read: {reason}"),
    "file_package_broken": (
        "试读过的内容传坏了，请重新选择文件试读",
        "what the dry run read came back damaged: choose the file again",
    ),
    "yaml_syntax": ("YAML 写法不对：{reason}", "this is not YAML: {reason}"),
    "yaml_feature": ("检查表不用 YAML 的 {feature}", "checklists do not use YAML's {feature}"),
    "key_twice": ("键“{key}”写了两次", "the key “{key}” stands twice"),
    "file_name_differs": (
        "文件名说是 {expected}，内容说是 {found}",
        "the file's name says {expected}, its content says {found}",
    ),
    "published_changed": (
        "已发布的版本被改动：{lock} 第 {lock_line} 行记的是 {expected}，现为 {found}；请另立新版本",
        "a published version was changed: line {lock_line} of {lock} says {expected}, this is {found}; "
        "write a new version instead",
    ),
    "published_differs": (
        "数据库里已发布的是 {expected}，文件现为 {found}；请另立新版本",
        "the database holds {expected} as published, this is {found}; take a new version",
    ),
    "published_missing": ("已发布的 {name} 找不到文件", "the file of the published {name} is not there"),
    "lock_line": ("这一行不是“编号 版本 SHA-256”", "this line is not “id version SHA-256”"),
    "lock_twice": ("{name} 写了两次", "{name} stands twice"),
    # Answers of a visit
    "answer_unknown_item": ("检查表里没有 {item} 这一项", "the checklist has no item {item}"),
    "answer_na_refused": ("{item} 不能答“不适用”", "{item} cannot be answered “not applicable”"),
    "answer_pending_refused": ("{item} 不能留到事后补", "{item} cannot be left to be proved later"),
    "answer_pending_with_value": (
        "{item} 已有回答，不能又待补",
        "{item} has a value and cannot be pending as well",
    ),
    "answer_value": ("{item} 的回答只能是：{allowed}", "the answer of {item} must be: {allowed}"),
}
