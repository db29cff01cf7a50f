"""The command for closed periods: compute one again and compare every byte."""

from __future__ import annotations

import argparse
from typing import Any

from server.cli.terminal import Terminal, command
from server.domain.engine import ENGINE
from server.usecases import replay

_SHOWN = 20


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's command."""
    parser = command(commands, terminal, "replay", "重算一个周期，与存下的结果逐字节比对", compare)
    parser.add_argument("period", metavar="PERIOD", help=terminal.text("周期，如 2026-09、2026-Q3、2026-H2"))


def compare(options: argparse.Namespace, terminal: Terminal) -> int:
    """Compute a stored period again; exit code 0 when every byte is as it was, else 1 with the figures that differ.

    3 where another engine computed it: then only the stored figures are held against their digest.
    """
    with terminal.office() as office, office.work(write=False) as work:
        found = replay.replay(work, options.period)
    facts = {"period": found.period, "round": found.round, "rules": found.rules_version, "n": found.figures}
    terminal.say("{period}：第 {round} 次计算，规则集第 {rules} 版，{n} 个结果。", **facts)
    if found.same:
        terminal.say("逐字节一致，摘要 {digest}。", digest=found.digest)
        return 0
    if not found.comparable:
        terminal.say(
            "它由第 {engine} 版计算程序算出，本机是第 {now} 版，写法可能不同，不能逐字节重算。",
            engine=found.engine,
            now=ENGINE,
        )
        if found.stored == found.digest:
            terminal.say("存下的结果与记下的摘要一致：{digest}", digest=found.digest)
            return 3
    if found.stored != found.digest:
        terminal.say(
            "存下的结果与记下的摘要不符：{digest} / {stored}", digest=found.digest, stored=found.stored
        )
    for each in found.differences[:_SHOWN]:
        terminal.say(
            "不一致：{subject} {code}（{what}）存 {stored}，算 {replayed}",
            subject=each.subject,
            code=each.code,
            what=each.what,
            stored=each.stored or "—",
            replayed=each.replayed or "—",
        )
    if len(found.differences) > _SHOWN:
        terminal.say("还有 {n} 个不一致。", n=len(found.differences) - _SHOWN)
    return 1
