"""The command that lists assignments with what their assignees answered."""

from __future__ import annotations

import argparse
from typing import Any

from server.cli.terminal import Terminal, command
from server.queries import assignments
from server.storage.visits import AssignmentState

STATES = {
    AssignmentState.PLANNED: "待安排",
    AssignmentState.ASSIGNED: "已分派，未答复",
    AssignmentState.TAKEN: "已接受",
    AssignmentState.DECLINED: "已谢绝",
    AssignmentState.WITHDRAWN: "已撤回",
    AssignmentState.DONE: "已完成",
}


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's commands."""
    listing = command(commands, terminal, "assignments", "列出任务和检查员的答复", list_assignments)
    listing.add_argument(
        "--state", choices=[state.value for state in AssignmentState], help=terminal.text("只看这个状态")
    )


def list_assignments(options: argparse.Namespace, terminal: Terminal) -> int:
    """One line for each assignment: outlet, assignee, kind, window, state, and why it was declined."""
    states = (AssignmentState(options.state),) if options.state else assignments.OPEN
    with terminal.office() as office, office.work(write=False) as work:
        found = assignments.listed(work.session, work.viewer, states)
    for one in found:
        window = f"{one.window_from} – {one.window_to}"
        line = [
            f"{one.outlet} {one.outlet_name}",
            one.username or "-",
            one.kind,
            window,
            terminal.text(STATES[one.state]),
        ]
        print("\t".join([*line, *([_plain(one.reason)] if one.reason else [])]))
    terminal.say("共 {count} 个任务。", count=len(found))
    return 0


def _plain(text: str) -> str:
    """In one line, without anything that would steer the terminal."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
