"""`xunting map`: the tree of the project, each file with the first sentence of its own docstring."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path
from typing import Any

from server.cli.terminal import Terminal, command
from server.config import ROOT

MARKS = ("<!-- map -->", "<!-- /map -->")
_COMMENT = re.compile(r"\A(?:/\*\*?\s*(.*?)(?:\s*\*/|\n)|//+\s*(.*?)\n)")


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's command."""
    parser = command(commands, terminal, "map", "打印项目的文件树，每个文件一句话", show)
    parser.add_argument(
        "--write", type=Path, metavar="README.md", help=terminal.text("写进这个文件的标记之间")
    )


def show(options: argparse.Namespace, terminal: Terminal) -> int:
    """Print the tree, or write it between the marks of a file."""
    if options.write:
        text = options.write.read_text(encoding="utf-8")
        options.write.write_text(with_map(text, lines(ROOT)), encoding="utf-8")
        terminal.say("已写入 {name}。", name=options.write)
    else:
        print("\n".join(lines(ROOT)))
    return 0


def lines(root: Path) -> list[str]:
    """The tree of server and phone app as lines: path, then what it is for."""
    found: list[str] = []
    for top, endings in (("server", {".py"}), ("pwa/src", {".ts", ".tsx"})):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in endings or path.name.endswith(".d.ts") or "__pycache__" in path.parts:
                continue
            if path.parent.name == "versions" and path.name == "__init__.py":
                continue
            found.append(
                f"{path.relative_to(root).as_posix().removesuffix('__init__.py'):<40} {purpose(path)}"
            )
    return found


def purpose(path: Path) -> str:
    """The first line of a module's docstring or opening comment; empty where there is none."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return (ast.get_docstring(ast.parse(text)) or "").split("\n", 1)[0]
    found = _COMMENT.match(text)
    return (found[1] or found[2] or "").strip() if found else ""


def with_map(text: str, tree: list[str]) -> str:
    """A document with the tree between its marks. Raises ValueError where the marks are missing."""
    begin, end = (text.index(mark) for mark in MARKS)
    return f"{text[:begin]}{MARKS[0]}\n```\n" + "\n".join(tree) + f"\n```\n{text[end:]}"
