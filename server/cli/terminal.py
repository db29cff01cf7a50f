"""What every command needs: sentences in the language of LANG, the settings, an open office, one way to refuse."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from sqlalchemy.exc import DatabaseError

from server.config import Settings, WrongSetting, data_folder
from server.domain.errors import Problem
from server.domain.findings import listed
from server.gateways import texts
from server.gateways.standards import StandardsWrong
from server.usecases.work import Office


class Refused(Exception):
    """A command that cannot be done; the text is the (Chinese) source sentence, the facts fill its braces."""

    def __init__(self, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.sentence, self.facts = sentence, facts


@dataclass(frozen=True)
class Terminal:
    """The person at the terminal: the environment, and the language they read."""

    environment: Mapping[str, str]
    language: str
    translate: Callable[[str], str]

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Terminal:
        """Chinese unless LC_ALL, LC_MESSAGES or LANG asks for English."""
        wish = next((environment[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(n)), "")
        language = "en" if wish.lower().startswith("en") else "zh"
        return cls(environment, language, texts.translator(language, texts.catalogue()))

    def text(self, sentence: str, **facts: Any) -> str:
        """A sentence of the catalogue with its facts."""
        text = self.translate(sentence)
        for name, value in facts.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def say(self, sentence: str, **facts: Any) -> None:
        """Print a sentence."""
        print(self.text(sentence, **facts), flush=True)

    def complain(self, text: str) -> None:
        """Print what is wrong to standard error."""
        print(text, file=sys.stderr, flush=True)

    def settings(self) -> Settings:
        """The settings of the environment. Raises WrongSetting."""
        return Settings.from_env(self.environment)

    def day(self, text: str) -> date:
        """A date as commands take it: 2026-11-21."""
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise argparse.ArgumentTypeError(
                self.text("日期要写成 2026-11-21 这样，不能是 {text}", text=text)
            ) from None

    @contextmanager
    def office(self, *, as_it_is: bool = False) -> Iterator[Office]:
        """The office of the environment's settings, closed afterwards.

        `as_it_is` is for commands that only look: they make no data folder where there is none, but raise Refused.
        """
        folder = data_folder(self.environment)
        if as_it_is and not folder.is_dir():
            raise Refused("没有数据目录 {folder}，请核对 XUNTING_DATA。", folder=folder)
        opened = Office.of(self.settings())
        try:
            yield opened
        finally:
            opened.database.close()


_SAID = (
    (r"the following arguments are required: (?P<names>.+)", "缺少 {names}"),
    (r"unrecognized arguments: (?P<names>.+)", "不认识 {names}"),
    (r"argument (?P<name>[^:]+): expected one argument", "{name} 后面要有一个值"),
    (r"argument (?P<name>[^:]+): expected at least one argument", "{name} 后面要有一个值"),
    (
        r"argument (?P<name>[^:]+): invalid choice: (?P<value>.+) \(choose from (?P<choices>.+)\)",
        "{name} 不能是 {value}，可以是 {choices}",
    ),
    (r"argument (?P<name>[^:]+): invalid \w+ value: (?P<value>.+)", "{name} 不能是 {value}"),
    (
        r"argument (?P<name>[^:]+): ignored explicit argument (?P<value>.+)",
        "{name} 后面不带值，不能是 {value}",
    ),
    (r"argument (?P<name>[^:]+): (?P<what>.+)", "{name}：{what}"),
    (r"ambiguous option: (?P<name>\S+) could match (?P<names>.+)", "{name} 说不清是哪一个：{names}"),
)
"""What argparse says, always in English, and our sentence for it; what it says otherwise stays as it is."""


class _Help(argparse.HelpFormatter):
    """argparse's help, begun by a word that is not English."""

    def __init__(self, begins: str, prog: str) -> None:
        super().__init__(prog)
        self.begins = begins

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """The usage; where argparse asks for it without a beginning it has none."""
        super().add_usage(usage, actions, groups, self.begins if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """argparse, with its help and its complaints, each one sentence, in the terminal's language."""

    def __init__(self, terminal: Terminal | None = None, **options: Any) -> None:
        self.terminal = terminal
        say = (terminal or Terminal.of({})).text
        super().__init__(
            add_help=False,
            formatter_class=lambda prog: _Help(say("用法：{usage}", usage=""), prog),
            **options,
        )
        self._positionals.title, self._optionals.title = say("参数"), say("选项")
        self.add_argument("-h", "--help", action="help", help=say("显示这份说明"))

    def error(self, message: str) -> NoReturn:
        """Stop with exit code 2 and a sentence."""
        say = (self.terminal or Terminal.of({})).text
        for pattern, sentence in _SAID:
            found = re.fullmatch(pattern, message, re.DOTALL)
            if found:
                message = say(sentence, **found.groupdict())
                break
        self.exit(
            2,
            say("命令写得不对：{message}；用 {prog} --help 看用法。", message=message, prog=self.prog) + "\n",
        )


def command(
    commands: Any, terminal: Terminal, name: str, what: str, run: Callable[[Any, Terminal], int | None]
) -> Parser:
    """Add one command to a group of commands."""
    text = terminal.text(what)
    parser: Parser = commands.add_parser(name, help=text, description=text, terminal=terminal)
    parser.set_defaults(run=run)
    return parser


def sentence_of(error: Exception, terminal: Terminal) -> str | None:
    """The sentence for what went wrong, or None where it is a mistake of ours."""
    if isinstance(error, Refused):
        return terminal.text(error.sentence, **error.facts)
    if isinstance(error, WrongSetting):
        return str(error)
    if isinstance(error, Problem):
        # The table comes with the whole web floor, which no command needs that goes well.
        from server.routes.errors import TABLE

        return terminal.text(TABLE[type(error)][2], **error.facts())
    if isinstance(error, DatabaseError):
        if "no such table" in str(error.orig) or "does not exist" in str(error.orig):
            return terminal.text("数据库里还没有表，请先运行 xunting migrate。")
        reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error).__name__
        return terminal.text("数据库用不了：{reason}", reason=reason)
    if isinstance(error, StandardsWrong):
        return listed(error.findings, terminal.language)
    if isinstance(error, OSError):
        return terminal.text(
            "读写文件失败：{name}（{reason}）", name=error.filename or "", reason=error.strerror
        )
    return None
