"""Sentences of the findings about workbooks: checklists as XLSX and as XLSForm, conditions as text; zh and en."""

from collections.abc import Mapping

SHEET_WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "kind": {
        "pass_fail": ("合格／不合格", "pass or fail"),
        "scale": ("量表", "scale"),
        "choice": ("单选", "choice"),
        "multi": ("多选", "multiple choice"),
        "count": ("计数", "count"),
        "number": ("数值", "number"),
        "timer": ("计时", "timer"),
        "share": ("占比", "share"),
        "text": ("文字", "text"),
        "photo": ("照片", "photo"),
        "signature": ("签名", "signature"),
        "instant": ("时刻", "instant"),
    },
    "operator": {"is": ("=", "="), "in": ("属于", "in"), "at_least": (">=", ">="), "at_most": ("<=", "<=")},
}
"""The words of codes, by the fact that holds one, as a workbook writes them."""

SHEET_SENTENCES: Mapping[str, tuple[str, str]] = {
    # The file
    "book_too_large": ("文件超过 {limit} MB", "the file is larger than {limit} MB"),
    "book_not_xlsx": (
        "不是能打开的 Excel 工作簿（.xlsx）",
        "this is not an Excel workbook (.xlsx) that can be opened",
    ),
    "book_old_format": (
        "这是旧版 Excel 文件（.xls），请另存为 .xlsx",
        "this is an old Excel file (.xls): save it as .xlsx",
    ),
    "book_encrypted": (
        "工作簿有打开密码，请去掉密码再导入",
        "the workbook is encrypted: remove its password and import it again",
    ),
    "book_macros": (
        "带宏的工作簿（.xlsm）不收，请另存为 .xlsx",
        "a workbook with macros (.xlsm) is not taken: save it as .xlsx",
    ),
    "book_bomb": (
        "文件解开后超过 {limit} MB，不读",
        "the file unpacks to more than {limit} MB and is not read",
    ),
    "book_xml": (
        "工作表的内容坏了或不合格式，不读",
        "the sheet's content is damaged or malformed and is not read",
    ),
    "book_neither": (
        "既不是检查表工作簿（要有工作表“说明”“检查项”等），也不是 XLSForm（要有 survey）",
        "this is neither a checklist workbook (with the sheets About, Items …) nor an XLSForm (with survey)",
    ),
    "too_many_findings": (
        "问题太多，只列出前 {limit} 处",
        "there are too many findings; the first {limit} are listed",
    ),
    # Its sheets, columns and cells
    "sheet_missing": ("缺少工作表“{sheet}”", "the sheet “{sheet}” is missing"),
    "sheet_unknown": (
        "不认识的工作表“{sheet}”，请删去",
        "unknown sheet “{sheet}”: please remove it",
    ),
    "sheet_twice": ("工作表“{sheet}”有两张", "the sheet “{sheet}” is there twice"),
    "sheet_rows": (
        "行数太多，这张表最多 {limit} 行",
        "there are too many rows; this sheet takes {limit} at most",
    ),
    "sheet_columns": (
        "列数太多，这张表最多 {limit} 列",
        "there are too many columns; this sheet takes {limit} at most",
    ),
    "sheet_cells": (
        "填了的单元格太多，整个工作簿最多 {limit} 个",
        "there are too many cells with something in them; a workbook takes {limit} at most",
    ),
    "sheet_large": (
        "这张表的内容超过 {limit} MB",
        "this sheet holds more than {limit} MB",
    ),
    "sheet_empty": ("第一行要有列名，现在是空的", "the first row must name the columns; it is empty"),
    "column_missing": ("缺少列“{column}”", "the column “{column}” is missing"),
    "column_unknown": ("不认识的列“{column}”", "unknown column “{column}”"),
    "column_unnamed": ("这一列没有列名", "this column has no name"),
    "column_twice": ("列“{column}”出现了两次", "the column “{column}” is there twice"),
    "cell_merged": (
        "合并的单元格 {range} 不收，请取消合并",
        "the merged cells {range} are not taken: please unmerge them",
    ),
    "cell_merged_header": (
        "列名不能是合并的单元格（{range}），请取消合并",
        "a column's name cannot be a merged cell ({range}): please unmerge it",
    ),
    "cell_formula": (
        "这里是公式，请改成它的值",
        "this cell holds a formula: replace it by its value",
    ),
    "cell_error": ("这里是出错的值（{value}）", "this cell holds an error value ({value})"),
    "cell_date": (
        "这里被 Excel 当成了日期，请把单元格设为“文本”再填",
        "Excel has made a date of this cell: format it as text and fill it in again",
    ),
    "row_unknown": ("不认识的项目“{name}”", "unknown entry “{name}”"),
    "row_twice": ("项目“{name}”写了两次", "the entry “{name}” stands twice"),
    # Values
    "cell_word": (
        "“{value}”不能用，只能填：{allowed}",
        "“{value}” cannot be used here; possible: {allowed}",
    ),
    "cell_whole": ("“{value}”不是整数", "“{value}” is not a whole number"),
    "cell_number": ("“{value}”不是数字", "“{value}” is not a number"),
    "cell_points": ("分值“{value}”最多两位小数", "the points “{value}” have more than two decimals"),
    "cell_percentage": (
        "得分率“{value}”须是百分数，最多一位小数",
        "the credit “{value}” must be a percentage with one decimal at most",
    ),
    "cell_range": ("超出界限，应在 {low} 到 {high} 之间", "outside the limits, it must be {low} to {high}"),
    "cell_item_id": (
        "检查项的编号以大写字母开头，只用字母、数字和连字符，最多 32 字，如 OH-02",
        "an item's id begins with a capital and has letters, digits and hyphens, 32 at most, such as OH-02",
    ),
    "cell_name": (
        "编号以字母开头，只用字母、数字、连字符和下划线，最多 32 字",
        "this id begins with a letter and has letters, digits, - and _, 32 at most",
    ),
    "cell_checklist_id": (
        "检查表的编号以小写字母开头，只用小写字母、数字和连字符，最多 64 字",
        "a checklist's id begins with a small letter and has small letters, digits and hyphens, 64 at most",
    ),
    "cell_needed": ("缺少“{column}”", "“{column}” is missing"),
    "cell_total": (
        "写明合计 {declared} 分，各项相加为 {sum} 分",
        "declared as {declared} points, the items add up to {sum}",
    ),
    "cell_credits": (
        "得分率须在 0 到 100 之间，不是 {credit}",
        "a credit is between 0 and 100 percent, not {credit}",
    ),
    "no_such_section": ("没有编号为 {id} 的环节", "there is no section {id}"),
    "no_such_item": ("没有编号为 {id} 的检查项", "there is no item {id}"),
    "item_twice": (
        "编号 {id} 已在 {cell} 用过",
        "the id {id} is already used at {cell}",
    ),
    "option_twice": (
        "{item} 的选项 {option} 已在 {cell} 写过",
        "the option {option} of {item} is at {cell} already",
    ),
    "prohibition_twice": ("禁止项 {id} 已在 {cell} 写过", "the prohibition {id} is at {cell} already"),
    "option_of_no_choice": (
        "{item} 是“{kind}”，没有选项",
        "{item} is of the kind {kind} and has no options",
    ),
    # Bands
    "band_start": (
        "这一组的第一档“大于”须空着，否则更小的值没有得分（{above} 以下有缺口）",
        "“above” of a table's first band must be blank, or values up to {above} have no credit (a hole)",
    ),
    "band_hole": (
        "得分档有缺口：上一档至多 {upto}，这一档却从大于 {above} 开始",
        "the bands have a hole: the one before goes up to {upto}, this one begins above {above}",
    ),
    "band_overlap": (
        "得分档重叠：上一档至多 {upto}，这一档却从大于 {above} 开始",
        "the bands overlap: the one before goes up to {upto}, this one begins above {above}",
    ),
    "band_above_missing": (
        "这里要填上一档的“至多”：{upto}",
        "the bound of the band before must stand here: {upto}",
    ),
    "section_empty": ("这个环节没有检查项", "this section has no items"),
    "band_default": (
        "还要有一组没有条件的得分档，供各条件都不成立时用",
        "bands without a condition are needed too, for when none of the conditions holds",
    ),
    "band_end": (
        "最后一档的“至多”须空着，否则更大的值没有得分",
        "“up to” of the last band must be blank, or larger values have no credit (a hole)",
    ),
    "band_default_twice": (
        "{item} 有两组没有条件的得分档",
        "{item} has two tables of bands without a condition",
    ),
    "band_credit_missing": ("这一档没有写得分", "this band has no credit"),
    # Conditions as text
    "text_condition": (
        "条件第 {column} 个字“{near}”处写得不对，这里应是{expected_zh}",
        "the condition is wrong at character {column}, “{near}”: {expected_en} is expected here",
    ),
    "text_condition_end": (
        "条件没有写完，后面应是{expected_zh}",
        "the condition ends too early: {expected_en} should follow",
    ),
    "text_condition_mixed": (
        "条件第 {column} 个字“{near}”：“且”和“或”混用时请加括号，如 A-1 = pass 且（A-2 = pass 或 A-3 = pass）",
        "the condition mixes and with or at character {column}, “{near}”: use brackets, such as "
        "A-1 = pass and (A-2 = pass or A-3 = pass)",
    ),
    "text_condition_operator": (
        "条件第 {column} 个字“{near}”：没有这种比较，可用 =、属于、≥、≤，不等于写作 非（A-1 = pass）",
        "there is no “{near}” (character {column}): use =, in, ≥, ≤, and not (A-1 = pass) for unequal",
    ),
    "text_condition_long": (
        "条件太长或括号套得太深（最多 {length} 字、{depth} 层）",
        "the condition is too long or nested too deep (at most {length} characters, {depth} levels)",
    ),
    # What a sheet cannot hold
    "unfit_long": (
        "文字有 {length} 字，Excel 单元格最多 {limit} 字",
        "the text has {length} characters; a cell of Excel takes {limit}",
    ),
    "unfit_characters": (
        "文字里有 Excel 存不下的字符",
        "the text has characters that a workbook cannot hold",
    ),
    # XLSForm
    "cell_json": ("“{value}”不是 JSON", "“{value}” is not JSON"),
    "form_column_missing": ("缺少列“{column}”", "the column “{column}” is missing"),
    "form_derived": (
        "“{column}”由“{source}”得出，只改这里不行：应为“{expected}”",
        "“{column}” follows from “{source}” and cannot be changed alone: it should be “{expected}”",
    ),
    "form_row_derived": (
        "这一行由检查项 {item} 得出，不能增删或移动",
        "this row follows from the item {item} and cannot be added, removed or moved",
    ),
    "form_name_missing": ("这一行没有 name", "this row has no name"),
    "form_group_open": ("分组 {name} 没有结束", "the group {name} is not ended"),
    "form_group_end": ("这里没有可结束的分组", "there is no group to end here"),
    "form_list_unknown": ("choices 里没有清单 {list}", "there is no list {list} in choices"),
    "form_label_missing": ("{name} 没有文字（label）", "{name} has no label"),
    "form_empty": ("表单里没有能收的题目", "the form has no question that can be taken"),
    "form_not_taken": ("未收：{what}", "not taken: {what}"),
    "form_renamed": ("{name} 的编号改为 {id}", "{name} has the id {id} now"),
    "form_flattened": (
        "分组 {name} 在另一组里，其题目并入外层的环节",
        "the inner group {name} was merged into the section around it",
    ),
    "form_text_assumed": (
        "{name} 只有一种语言的文字，另一种语言暂用它代替",
        "{name} has its label in one language only; it stands in for the other",
    ),
    "form_assumed": (
        "XLSForm 没有写分值、检查方式、渠道层级等：分值为 0，其余为暂定，请在草稿里补",
        "an XLSForm says no points, visit kinds, tiers: points are 0 and the rest is assumed; complete the draft",
    ),
}
