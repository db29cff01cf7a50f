"""Commands about people and places: user, units import, outlets import, assign."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from server.cli.terminal import Refused, Terminal, command
from server.domain.access import Role
from server.domain.visit import SHANGHAI, VisitKind
from server.gateways.spreadsheet import CellFault, SheetWrong
from server.queries import import_words
from server.usecases import campaigns, outlets, people, units
from server.usecases.imports import Fate, Import
from server.usecases.work import Work

OUTCOMES = {"new": "新增", "changed": "更新", "same": "不变", "wrong": "有误", "gone": "移出名单"}
_CHANGES = {"new": "新增：{changes}", "changed": "更新：{changes}"}


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's commands."""
    user = command(
        commands, terminal, "user", "用户：add 新建，reset 重设密码，disable 停用，enable 恢复", _list_users
    )
    verbs = user.add_subparsers(dest="verb", required=True, metavar=terminal.text("动作"))
    made = command(verbs, terminal, "add", "新建用户，第一次登录要改密码", add_user)
    made.add_argument("username", help=terminal.text("用户名"))
    made.add_argument("--name", required=True, help=terminal.text("姓名"))
    made.add_argument("--role", required=True, choices=[role.value for role in Role])
    made.add_argument("--unit", default="", help=terminal.text("所属单位的编码"))
    made.add_argument("--outlet", default="", help=terminal.text("所属网点的编码"))
    reset = command(verbs, terminal, "reset", "重设密码，并结束所有登录", reset_user)
    disable = command(verbs, terminal, "disable", "停用用户，并结束所有登录", disable_user)
    enable = command(verbs, terminal, "enable", "恢复已停用的用户，密码不变", enable_user)
    for parser in (reset, disable, enable):
        parser.add_argument("username", help=terminal.text("用户名"))
    for parser in (made, reset):
        parser.add_argument("--password-stdin", action="store_true", help=terminal.text("从标准输入读密码"))

    _add_import(
        commands,
        terminal,
        "units",
        "单位：import 从表格导入",
        "从 XLSX 或 CSV 导入单位；不加 --apply 只试算",
        import_units,
    )
    _add_import(
        commands,
        terminal,
        "outlets",
        "网点：import 从表格导入",
        "从 XLSX 或 CSV 导入网点；层级、地域（如城区）、状态写界面上的词，中文英文都行；不加 --apply 只试算",
        import_outlets,
    )

    given = command(commands, terminal, "assign", "给一位检查员分派网点", assign)
    given.add_argument("username", help=terminal.text("用户名"))
    given.add_argument("outlets", nargs="+", metavar="outlet", help=terminal.text("网点编码"))
    given.add_argument("--kind", required=True, choices=[kind.value for kind in VisitKind])
    given.add_argument("--checklist", required=True)
    given.add_argument("--from", dest="window_from", type=terminal.day, help="2026-11-21")
    given.add_argument("--to", dest="window_to", type=terminal.day, help="2026-11-30")
    given.add_argument("--part", choices=["opening", "round", "closing"])
    given.add_argument("--reason", default="", help=terminal.text("违反轮换规定时的理由，不写姓名"))
    given.add_argument(
        "--recheck-of", type=UUID, metavar="visit", help=terminal.text("复查哪次检查（编号）；只用于复查")
    )
    given.add_argument("--note", default="", help=terminal.text("给检查员的话"))


def add_user(options: argparse.Namespace, terminal: Terminal) -> int:
    """Add a user."""
    password = _password(options, terminal)
    with terminal.office() as office, office.work() as work:
        people.add(
            work,
            username=options.username,
            name=options.name,
            role=Role(options.role),
            password=password,
            unit=options.unit,
            outlet=options.outlet,
        )
    terminal.say("已新建用户 {username}。", username=options.username)
    return 0


def reset_user(options: argparse.Namespace, terminal: Terminal) -> int:
    """Give a user a new password."""
    password = _password(options, terminal)
    with terminal.office() as office, office.work() as work:
        disabled = people.reset(work, options.username, password).disabled_at is not None
    terminal.say("已重设 {username} 的密码，并结束了所有登录。", username=options.username)
    if disabled:
        terminal.say(
            "{username} 已停用，用新密码也登录不了；要恢复，请运行 xunting user enable {username}。",
            username=options.username,
        )
    return 0


def disable_user(options: argparse.Namespace, terminal: Terminal) -> int:
    """Let a user in no longer."""
    with terminal.office() as office, office.work() as work:
        people.disable(work, options.username)
    terminal.say("已停用 {username}，并结束了所有登录。", username=options.username)
    return 0


def enable_user(options: argparse.Namespace, terminal: Terminal) -> int:
    """Let a disabled user in again."""
    with terminal.office() as office, office.work() as work:
        enabled = people.enable(work, options.username)
    sentence = (
        "已恢复 {username}，可以用原来的密码登录。" if enabled else "{username} 没有停用，什么都没有改。"
    )
    terminal.say(sentence, username=options.username)
    return 0


def import_units(options: argparse.Namespace, terminal: Terminal) -> int:
    """Import the organisation above the outlets."""
    return _import(options, terminal, units.plan_import, units.apply_import)


def import_outlets(options: argparse.Namespace, terminal: Terminal) -> int:
    """Import outlets."""
    return _import(options, terminal, outlets.plan_import, outlets.apply_import)


def assign(options: argparse.Namespace, terminal: Terminal) -> int:
    """Assign an inspector to outlets; by default from today for two weeks."""
    with terminal.office() as office, office.work() as work:
        begin = options.window_from or work.now.astimezone(SHANGHAI).date()
        made = campaigns.assign(
            work,
            username=options.username,
            outlets=options.outlets,
            kind=VisitKind(options.kind),
            checklist=options.checklist,
            window_from=begin,
            window_to=options.window_to or begin + timedelta(days=13),
            part=options.part,
            reason=options.reason,
            note=options.note,
            recheck_of=options.recheck_of,
        )
    terminal.say("已分派 {count} 个任务。", count=len(made))
    return 0


def _add_import(
    commands: Any,
    terminal: Terminal,
    noun: str,
    about: str,
    what: str,
    run: Callable[[argparse.Namespace, Terminal], int],
) -> None:
    verbs = command(commands, terminal, noun, about, _list_users).add_subparsers(
        dest="verb", required=True, metavar=terminal.text("动作")
    )
    imported = command(verbs, terminal, "import", what, run)
    imported.add_argument("file", type=Path)
    imported.add_argument("--apply", action="store_true", help=terminal.text("全部无误才写入"))


def _import(
    options: argparse.Namespace,
    terminal: Terminal,
    plan: Callable[[Work, Path], Import],
    apply: Callable[[Work, Path], Import],
) -> int:
    """Say what becomes of each row; with --apply store everything, if every row is clean."""
    with terminal.office() as office, office.work(write=options.apply) as work:
        try:
            planned = (apply if options.apply else plan)(work, options.file)
        except SheetWrong as wrong:
            for fault in wrong.faults:
                terminal.complain(fault_text(fault, terminal))
            raise Refused("什么都没有写入。") from None
    for fate in planned.fates:
        tell(fate, terminal)
    for fault in planned.unread:
        print(fault_text(fault, terminal))
    if planned.waits:
        terminal.say(import_words.WAITS)
    terminal.say(
        "共 {rows} 行：新增 {new}，更新 {changed}，不变 {same}，有误 {wrong}。",
        rows=len(planned.fates),
        **planned.sums(),
    )
    if not planned.clean:
        raise Refused("有误的行改好之前，什么都不会写入。")
    terminal.say("已写入。" if options.apply else "试算完成，什么都没有写入；加 --apply 才写入。")
    return 0


def _list_users(_options: argparse.Namespace, _terminal: Terminal) -> int:
    raise AssertionError("argparse asks for the verb first")


def tell(fate: Fate, terminal: Terminal) -> None:
    """Say what becomes of a row, what is wrong with it and what of it is to be heeded."""
    said = import_words.told(fate.changes, fate.counts, terminal.translate)
    changes = import_words.joined(said, terminal.language)
    sentence = _CHANGES[fate.outcome] if changes else OUTCOMES[fate.outcome]
    outcome = terminal.text(sentence, changes=changes)
    code = f"{fate.code} {fate.name}" if fate.name else fate.code
    terminal.say("第 {number} 行 {code}：{outcome}", number=fate.number, code=code, outcome=outcome)
    for fault in (*fate.faults, *fate.notes):
        print("    " + fault_text(fault, terminal))


def fault_text(fault: CellFault, terminal: Terminal) -> str:
    """What is wrong with a cell of a file, after the cell's name."""
    sentence = terminal.text(fault.message, **fault.said(terminal.language))
    return f"{fault.cell}: {sentence}" if fault.cell else sentence


def _password(options: argparse.Namespace, terminal: Terminal) -> str:
    """A password from standard input, or typed twice; never from the command line, where others see it."""
    if options.password_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(terminal.text("新密码："))
    if first != getpass.getpass(terminal.text("再输一次：")):
        raise Refused("两次输入的密码不一样。")
    return first
