"""`xunting inputs import`: what figures need besides visits, from files; without --apply nothing is stored."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from server.cli.organisation import fault_text, tell
from server.cli.terminal import Refused, Terminal, command
from server.domain.input_sorts import Sort
from server.gateways.spreadsheet import SheetWrong
from server.usecases import inputs


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's command."""
    verbs = command(
        commands, terminal, "inputs", "数据：import 从表格导入满意度、及时率、投诉等", take_in
    ).add_subparsers(dest="verb", required=True, metavar=terminal.text("动作"))
    imported = command(verbs, terminal, "import", "从 XLSX 或 CSV 导入数据；不加 --apply 只试算", take_in)
    imported.add_argument("sort", choices=[sort.value for sort in Sort])
    imported.add_argument("file", type=Path)
    imported.add_argument("--apply", action="store_true", help=terminal.text("全部无误才写入"))
    imported.add_argument(
        "--complete",
        default="",
        metavar="2026-10",
        help=terminal.text("投诉：文件是这个月的完整清单，没有工单的网点记 0"),
    )


def take_in(options: argparse.Namespace, terminal: Terminal) -> int:
    """Say what becomes of each row that is not as it was; with --apply store everything, if every row is clean."""
    sort = Sort(options.sort)
    if options.complete and sort is not Sort.COMPLAINTS:
        raise Refused("--complete 只用于投诉。")
    run = inputs.apply if options.apply else inputs.plan
    with terminal.office() as office, office.work(write=options.apply) as work:
        try:
            planned = run(work, sort, options.file, options.complete)
        except SheetWrong as wrong:
            for fault in wrong.faults:
                terminal.complain(fault_text(fault, terminal))
            raise Refused("什么都没有写入。") from None
    for fate in planned.fates:
        if fate.outcome != "same":
            tell(fate, terminal)
    for fault in planned.unread:
        print(fault_text(fault, terminal))
    for (name, limit), many in sorted(planned.businesses.items()):
        terminal.say("业务“{name}”：{n} 张，办理时限 {limit} 分钟", name=name, n=many, limit=limit)
    terminal.say("新增 {new}，更新 {changed}，不变 {same}，有误 {wrong}。", **planned.sums())
    if not planned.clean:
        raise Refused("有误的行改好之前，什么都不会写入。")
    if not planned.changes:
        terminal.say("没有变化，什么都没有写入。")
    else:
        terminal.say("已写入。" if options.apply else "试算完成，什么都没有写入；加 --apply 才写入。")
    return 0
