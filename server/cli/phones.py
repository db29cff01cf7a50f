"""The command for whoever helps on the phone: what a check-up code says."""

from __future__ import annotations

import argparse
from typing import Any

from server.cli.terminal import Refused, Terminal, command
from server.domain.phone_code import CHECKS, read


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's command."""
    parser = command(commands, terminal, "phone-doctor", "把手机的体检代码读成文字", say)
    parser.add_argument("code", metavar="CODE", help=terminal.text("“我的 › 手机体检”显示的八个字符"))


def say(options: argparse.Namespace, terminal: Terminal) -> int:
    """Print each check's result; what is to be seen to ends in an exclamation mark."""
    found = read(options.code)
    if found is None:
        raise Refused("这不是体检代码，请对方再念一遍：{code}", code=options.code)
    language = 1 if terminal.language == "en" else 0
    for name, title, results in CHECKS:
        print(f"{title[language]}: {dict(results)[found.results[name]][language]}")
    terminal.say("版本标记 {sign}：相同版本的手机标记相同。", sign=found.version)
    return 0
