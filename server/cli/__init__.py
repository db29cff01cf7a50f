"""The command line: `xunting --help` lists the commands; each group of them has a module of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from server.cli import assignments, checks, inputs, organisation, periods, phones, serving, standards, tree
from server.cli.terminal import Parser, Terminal, sentence_of


def main() -> None:
    """Run one command of this process's arguments; see `xunting --help`."""
    raise SystemExit(run(sys.argv[1:], os.environ))


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run one command; returns its exit code. Whatever goes wrong is told in one sentence, never a traceback."""
    terminal = Terminal.of(environment)
    parser = Parser(terminal, prog="xunting", description=terminal.text("巡厅：营业厅与代理网点的服务检查。"))
    commands = parser.add_subparsers(dest="command", required=True, metavar=terminal.text("命令"))
    for group in (serving, organisation, inputs, assignments, standards, checks, periods, phones, tree):
        group.add(commands, terminal)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options, terminal) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141
    except Exception as error:
        sentence = sentence_of(error, terminal)
        if sentence is None:
            raise
        terminal.complain(sentence)
        return 1
