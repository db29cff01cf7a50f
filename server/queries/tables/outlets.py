"""The columns of the list of outlets, of a period's results, of the league, and of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from server.domain.exact import half_up
from server.domain.tables import Cell, Column, Holds, Say, hundredths_of, plain
from server.queries import decision_words, decisions, outlet_list, result_lists, words


def _rate(value: Fraction | None) -> int | None:
    return None if value is None else half_up(value * 10_000)


def _met(row: result_lists.Indicator, say: Say) -> str:
    return "" if row.met is None else say("达到目标" if row.met else "没有达到")


OUTLETS: tuple[Column[outlet_list.Row], ...] = (
    Column("网点编码", lambda row, say: row.code),
    Column("网点", lambda row, say: row.name),
    Column("分公司", lambda row, say: row.branch),
    Column("层级", lambda row, say: say(words.TIERS[row.tier])),
    Column("网点类别", lambda row, say: row.class_),
    Column("状态", lambda row, say: say(decision_words.STATUSES[row.status])),
    Column("星级", lambda row, say: row.star, Holds.WHOLE),
    Column("综合评价", lambda row, say: hundredths_of(row.composite), Holds.HUNDREDTHS),
    Column("县内名次", lambda row, say: row.rank, Holds.WHOLE),
    Column("县内参评网点", lambda row, say: row.of, Holds.WHOLE),
)


MAIN = {"month": "综合评价", "stars": "评星得分", "half_year": "综合评价均值"}
"""What the main figure of a tab of results is called."""


def results(
    kind: str, branches: Mapping[str, str], counties: Mapping[str, str]
) -> tuple[Column[result_lists.Line], ...]:
    """Composites of a month, stars, or what is half-yearly beside them; `branches` and `counties` are names by path."""
    stars: tuple[Column[result_lists.Line], ...] = (
        Column("星级", lambda row, say: _whole(row.others.get("star")), Holds.WHOLE),
        Column("原星级", lambda row, say: row.star, Holds.WHOLE),
    )
    return (
        Column("网点编码", lambda row, say: row.code),
        Column("网点", lambda row, say: row.name),
        Column("分公司", lambda row, say: _above(row.unit_path, branches)),
        Column("县公司", lambda row, say: _above(row.unit_path, counties)),
        Column("层级", lambda row, say: say(words.TIERS[row.tier])),
        Column("网点类别", lambda row, say: row.others.get("outlet-class") or row.class_),
        *(stars if kind == "stars" else ()),
        Column(MAIN[kind], lambda row, say: row.hundredths, Holds.HUNDREDTHS),
        Column("县内名次", lambda row, say: row.rank, Holds.WHOLE),
        Column("县内参评网点", lambda row, say: row.of, Holds.WHOLE),
    )


def league(names: Mapping[str, str]) -> tuple[Column[result_lists.LeagueLine], ...]:
    """The branches of a quarter; `names` are those of the weak items in the user's language."""
    return (
        Column("名次", lambda row, say: _rank(row), Holds.WHOLE),
        Column("单位", lambda row, say: row.name),
        Column("窗口服务得分", lambda row, say: _figure(row, "window"), Holds.HUNDREDTHS),
        Column("检查均分", lambda row, say: _figure(row, "visit-mean"), Holds.HUNDREDTHS),
        Column("服务弱项", lambda row, say: _weak_item(row, names)),
        Column("扣分后", lambda row, say: _figure(row, "window-after-deduction"), Holds.HUNDREDTHS),
    )


INDICATORS: tuple[Column[result_lists.Indicator], ...] = (
    Column("单位", lambda row, say: row.unit),
    Column("指标", lambda row, say: say(words.INPUT_CODES[row.code])),
    Column("数值", lambda row, say: _rate(row.rate), Holds.PERCENT),
    Column("样本数", lambda row, say: row.whole, Holds.WHOLE),
    Column("来源", lambda row, say: say(words.INDICATOR_SOURCES[row.source]) if row.source else ""),
    Column("另一口径", lambda row, say: _rate(row.beside), Holds.PERCENT),
    Column("目标高于", lambda row, say: half_up(row.above * 100), Holds.PERCENT),
    Column("结果", _met),
)

DECISIONS: tuple[Column[decisions.Row], ...] = (
    Column("网点编码", lambda row, say: row.outlet_code),
    Column("网点", lambda row, say: row.outlet),
    Column("分公司", lambda row, say: row.branch),
    Column("决定", lambda row, say: say(decision_words.KINDS[row.kind])),
    Column("内容", lambda row, say: decision_words.decided(row.kind, row.before, row.after, say)),
    Column("依据的周期", lambda row, say: row.period or say("人工提出")),
    Column("依据", lambda row, say: _grounds(row, say)),
    Column("提出时间", lambda row, say: row.proposed_at, Holds.INSTANT),
    Column("状态", lambda row, say: say(decision_words.STATES[row.state])),
    Column("理由", lambda row, say: decision_words.reason(row.reason, say) if row.reason else ""),
    Column("生效日期", lambda row, say: row.effective_on, Holds.DATE),
)


def _grounds(row: decisions.Row, say: Say) -> str:
    found = decision_words.grounds(row.kind, row.evidence, say)
    return say("；").join(each.fact for each in found) if found else row.why


def _whole(value: str | None) -> Cell:
    return int(value) if value is not None and value.isdigit() else plain(value)


def _rank(row: result_lists.LeagueLine) -> int | None:
    window = row.figures.get("window")
    return window.rank if window else None


def _figure(row: result_lists.LeagueLine, code: str) -> int | None:
    found = row.figures.get(code)
    return found.hundredths if found else None


def _above(path: str, names: Mapping[str, str]) -> str:
    """The name of the unit among these that a path lies in; empty where there is none."""
    steps = path.rstrip("/").split("/")
    paths = ("/".join(steps[:number]) + "/" for number in range(1, len(steps) + 1))
    return next((names[each] for each in paths if each in names), "")


def _weak_item(row: result_lists.LeagueLine, names: Mapping[str, str]) -> str:
    found = row.figures.get("weak-item")
    code = plain(found.value if found else None)
    return " ".join(part for part in (code.removeprefix("T-"), names.get(code, "")) if part)
