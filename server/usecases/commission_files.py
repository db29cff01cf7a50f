"""The commission as files for payment: a workbook with the month and its staff list, or one of the two as CSV."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from server.gateways.commission_sheets import HUNDREDTHS, NUMBER, Cell, Column, Sheet, table, workbook
from server.queries import commission, words
from server.queries.commission import Filters
from server.queries.tables.commission import MONEY
from server.usecases.work import Work

Say = Callable[..., str]


def is_part(filters: Filters) -> bool:
    """Whether only some of a month's lines were asked for: a file of those must not pass for the whole month."""
    return bool(filters.branch or filters.tier or filters.search or filters.only != "all")


def as_workbook(work: Work, filters: Filters, say: Say, *, closed: bool) -> bytes:
    """The lines that were asked for and the staff's shares of them as XLSX; a month that is not closed, or not whole, says so on both sheets."""
    note = "" if closed else say("预览：{month} 还没有关账，不能据此付款。", month=filters.month)
    if is_part(filters):
        note += say("只含筛选出的网点，不是 {month} 的全部。", month=filters.month)
    return workbook([_month(work, filters, say, note), _staff(work, filters, say, note)], say("合计"))


def as_table(work: Work, filters: Filters, say: Say, *, staff: bool) -> bytes:
    """The lines that were asked for as CSV, or the staff's shares of them."""
    return table((_staff if staff else _month)(work, filters, say, ""))


def _month(work: Work, filters: Filters, say: Say, note: str) -> Sheet:
    columns = [
        Column(say("网点编码")),
        Column(say("网点")),
        Column(say("分公司")),
        Column(say("渠道")),
        Column(say("类别")),
        Column(say("月份")),
        Column(say("每月基数（元）"), HUNDREDTHS),
        Column(say("合作年限系数"), NUMBER),
        Column(say("综合评价"), HUNDREDTHS),
        Column(say("考核系数"), NUMBER),
        Column(say("一类否决")),
        *(Column(say(MONEY[name]), HUNDREDTHS, summed=True) for name in commission.SUMS),
        Column(say("付给网点（元）"), HUNDREDTHS, summed=True),
        Column(say("返还的是哪些月")),
    ]
    refunded = commission.refunded_months(work.session, work.viewer, filters.month)
    rows: list[list[Cell]] = [
        [
            row.code,
            row.outlet,
            row.branch,
            say(words.TIERS[row.tier]),
            row.class_,
            filters.month,
            row.base_fen,
            _number(row.years_factor),
            row.composite,
            _number(row.pay_factor),
            say("是") if row.veto else "",
            *(row.fen[name] for name in commission.SUMS),
            # The staff gets its shares itself; what is left of what is paid is the outlet's.
            row.fen["paid"] - row.fen["staff"],
            refunded.get(row.outlet_id, ""),
        ]
        for row in commission.lines(work.session, work.viewer, filters)
    ]
    return Sheet(say("服务佣金"), note, columns, rows)


def _number(factor: str) -> Decimal | None:
    """A factor as a number for a spreadsheet; None where there is none."""
    return Decimal(factor) if factor else None


def _staff(work: Work, filters: Filters, say: Say, note: str) -> Sheet:
    columns = [
        Column(say("网点编码")),
        Column(say("网点")),
        Column(say("分公司")),
        Column(say("所属月份")),
        Column(say("工号")),
        Column(say("姓名")),
        Column(say("权重"), NUMBER),
        Column(say("金额（元）"), HUNDREDTHS, summed=True),
    ]
    rows: list[list[Cell]] = [
        [row.code, row.outlet, row.branch, row.of_month, row.number, row.name, row.weight, row.fen]
        for row in commission.staff(work.session, work.viewer, filters)
    ]
    return Sheet(say("营业员分享"), note, columns, rows)
