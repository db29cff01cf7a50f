"""Commands that carry checklists out and in: export from the folder or the database, import into the folder."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from server.cli import differences, rule_exchange, whole_files
from server.cli.rule_exchange import RETIRED
from server.cli.standard_sources import (
    REFERENCE,
    Plan,
    Source,
    checklist_of,
    file_source,
    plan,
    published,
    versions,
)
from server.cli.terminal import Refused, Terminal
from server.domain.checklist import Compiled, fingerprint, read_checklist
from server.domain.checklist_plain import plain
from server.domain.checklist_written import Draft
from server.domain.draft_errors import WrongStandard
from server.domain.findings import listed
from server.domain.rules import RuleSet
from server.domain.visit import SHANGHAI
from server.gateways.checklist_yaml import read_yaml_checklist, yaml_text
from server.gateways.lock import LOCK, Hashed
from server.gateways.rules import read_rule_files
from server.gateways.standards import StandardsWrong, read_standards
from server.storage.standards import ChecklistVersion

Key = tuple[str, int]
History = list[tuple[object, ...]]
_ENDINGS = {"yaml": ".yaml", "xlsx": ".xlsx", "xlsform": "-xlsform.xlsx"}
_SHEETS = {"xlsx": "workbook", "xlsform": "xlsform"}


@dataclass(frozen=True, slots=True)
class _Published:
    """A version that is carried out: as written, compiled, and what became of the checklist until then."""

    draft: Draft
    compiled: Compiled
    history: History

    @property
    def key(self) -> Key:
        return self.draft.checklist.id, self.draft.checklist.version


def add(verbs: Any, terminal: Terminal, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """Add this module's commands to those about checklists."""
    out = verb(verbs, terminal, "export", "导出一个版本：XLSX、XLSForm 或 YAML", export)
    out.add_argument("what", metavar="ID[@VERSION]", help=terminal.text("编号@版本；只写编号是最新的一版"))
    out.add_argument(
        "--format", choices=["xlsx", "xlsform", "yaml"], help=terminal.text("文件的格式，默认 xlsx")
    )
    out.add_argument("--to", type=Path, metavar="FILE", help=terminal.text("写到这个文件"))
    out.add_argument(
        "--lang", choices=["zh", "en"], default=terminal.language, help=terminal.text("文字的语言")
    )
    out.add_argument(
        "--database", action="store_true", help=terminal.text("取数据库里已发布的版本，而不是文件夹里的")
    )
    out.add_argument(
        "--write",
        action="store_true",
        help=terminal.text("写进文件夹并在 published.lock 里加一行（用于 --database）"),
    )
    into = verb(
        verbs, terminal, "import", "从 XLSX、XLSForm 或 YAML 导入为下一版；不加 --write 只试算", import_
    )
    into.add_argument("file", type=Path, metavar="FILE")
    into.add_argument("--write", action="store_true", help=terminal.text("全部无误才写入"))
    into.add_argument("--replace", action="store_true", help=terminal.text("替换文件夹里还没有发布的同一版"))


def export(options: argparse.Namespace, terminal: Terminal) -> int:
    """Write a version as a file; with --database --write as the file of the folder, with its lock line."""
    if not REFERENCE.fullmatch(options.what):
        raise Refused("要写 编号 或 编号@版本，例如 own-hall-mystery@1；不是 {name}。", name=options.what)
    if options.write and (not options.database or options.to or options.format not in (None, "yaml")):
        raise Refused("--write 只和 --database 一起用，写的是 YAML，不能再写 --to。")
    if options.what.partition("@")[0] == rule_exchange.NAME:
        rules = rule_exchange.export_rules(options, terminal)
        return 0 if rules is None else _rules_into_folder(rules, options.folder, terminal)
    if options.write:
        return _into_folder(_of_database(options.what, terminal, writes=True), options.folder, terminal)
    found = (
        _of_database(options.what, terminal) if options.database else _of_folder(options.what, options.folder)
    )
    sort = options.format or ("yaml" if options.to and options.to.suffix in (".yaml", ".yml") else "xlsx")
    name, version = found.key
    path = options.to or Path(f"{name}-v{version}{_ENDINGS[sort]}")
    whole_files.write_new(path, _as_file(found, sort, options.lang))
    terminal.say("已写入 {name}。", name=whole_files.shown(path))
    return 0


def import_(options: argparse.Namespace, terminal: Terminal) -> int:
    """Say what a file would be as the next version; with --write make it the folder's, if everything is clean."""
    source = file_source(options.file)
    if not isinstance(source, Source):
        raise Refused("{name} 不是检查表。", name=source.name)
    for note in source.notes:
        print(listed([note], terminal.language))
    # What is wrong in the folder would be found only after the writing.
    read_standards(options.folder)
    planned = plan(source, options.folder)
    clean = _tell(planned, terminal)
    if planned.unchanged:
        terminal.say("和 {name} 没有差别，不用导入。", name=planned.earlier.name if planned.earlier else "")
        return 0
    path = _file_of(options.folder, source.key[0], planned.version)
    terminal.say("导入后是 {name}。", name=whole_files.shown(path))
    if not clean:
        raise Refused("改好之前，什么都不会写入。")
    content = _yaml(planned.draft)
    if path.exists() and path.read_bytes() != content and not options.replace:
        raise Refused("{name} 已经存在，还没有发布；加 --replace 才替换。", name=whole_files.shown(path))
    if not options.write:
        terminal.say("试算完成，什么都没有写入；加 --write 才写入。")
        return 0
    _write_checked(path, content, options.folder, replaces=True)
    terminal.say(
        "已写入；发布用 xunting checklists lock {id} {version}。", id=source.key[0], version=planned.version
    )
    return 0


def lock_version(folder: Path, key: Key, known: Mapping[Key, Hashed]) -> None:
    """Add the lock line of a version. Raises Refused when the version before has none."""
    name, version = key
    if version > 1 and version - 1 not in published(folder, name):
        raise Refused("先发布 {name}。", name=f"{name} v{version - 1}")
    path = folder / LOCK
    lines = path.read_text(encoding="utf-8").splitlines()
    at = next((n for n, line in enumerate(lines) if _key_of(line) > key), len(lines))
    lines.insert(at, f"{name} {version} {known[key].sha256}")
    whole_files.write_new(path, ("\n".join(lines) + "\n").encode(), may_replace=lambda _: True)


def _tell(planned: Plan, terminal: Terminal) -> bool:
    """Print what differs from the version before, and what forbids the import; tells whether nothing does."""
    if planned.earlier is not None:
        found = differences.difference(planned.earlier.draft, planned.draft)
        print(f"{planned.earlier.name} → {planned.source.name}")
        for line in differences.lines(found, terminal):
            print(line)
        print(differences.total(found, terminal))
    else:
        terminal.say("文件夹里没有发布过这份检查表，这是第 1 版。")
    if planned.findings:
        terminal.complain(listed(planned.findings, terminal.language))
    undeclared = planned.comparison.undeclared if planned.comparison else ()
    for change in undeclared:
        if planned.source.format == "workbook":
            advice = terminal.text(
                "还没有说明 {item} 的含义变没变：在“与上一版”一列里填 同、变 或 新。", item=change.now
            )
        else:
            advice = terminal.text(
                "还没有说明 {item} 的含义变没变：写进 changes 的 same，或换新编号并写 follows。",
                item=change.now,
            )
        terminal.complain(advice)
    return not planned.findings and not undeclared and planned.compiled is not None


def _into_folder(found: _Published, folder: Path, terminal: Terminal) -> int:
    """A version of the database becomes the folder's file, with its lock line."""
    standards = read_standards(folder)
    key = name, version = found.key
    path = _file_of(folder, name, version)
    there = standards.get(key)
    if there is not None and plain(there.draft) != plain(found.draft):
        raise Refused("{name} 已经存在，内容不同；没有覆盖。", name=whole_files.shown(path))
    if there is not None and there.published:
        terminal.say("{name} 已经在文件夹里，也已发布。", name=f"{name} v{version}")
        return 0
    if version > 1 and version - 1 not in published(folder, name):
        raise Refused("先导出并写入 {name}。", name=f"{name}@{version - 1}")
    made = there is None and _write_checked(path, _yaml(found.draft), folder)
    try:
        lock_version(folder, key, {**read_standards(folder), **read_rule_files(folder)})
    except BaseException:
        if made:
            path.unlink()
        raise
    terminal.say("已写入 {name}，并在 published.lock 里加了一行。", name=whole_files.shown(path))
    return 0


def _rules_into_folder(rules: RuleSet, folder: Path, terminal: Terminal) -> int:
    """A rule set of the database becomes the folder's file, with its lock line."""
    key = rule_exchange.NAME, rules.version
    path = _file_of(folder, *key)
    made = rule_exchange.into_folder(rules, folder)
    files = read_rule_files(folder)
    if files[key].published:
        terminal.say("{name} 已经在文件夹里，也已发布。", name=f"{key[0]} v{key[1]}")
        return 0
    try:
        lock_version(folder, key, {**read_standards(folder), **files})
    except BaseException:
        if made:
            path.unlink()
        raise
    terminal.say("已写入 {name}，并在 published.lock 里加了一行。", name=whole_files.shown(path))
    return 0


def _write_checked(path: Path, content: bytes, folder: Path, *, replaces: bool = False) -> bool:
    """Write a version's file; when the folder has findings then, everything is as it was before.

    Raises StandardsWrong with these findings.
    """
    before = path.read_bytes() if path.exists() else None
    made = not path.parent.exists()
    try:
        path.parent.mkdir(exist_ok=True)
        written = whole_files.write_new(path, content, may_replace=lambda _: replaces)
        read_standards(folder)
    except BaseException:
        if before is not None:
            whole_files.write_new(path, before, may_replace=lambda _: True)
        else:
            path.unlink(missing_ok=True)
            if made and path.parent.is_dir():
                path.parent.rmdir()
        raise
    return written


def _of_folder(word: str, folder: Path) -> _Published:
    source = checklist_of(word, folder)
    name, version = source.key
    history: History = []
    for number in sorted(versions(folder, name)):
        if number <= version:
            each = checklist_of(f"{name}@{number}", folder)
            # When and by whom is git's to say.
            history.append((number, "", "", _note(each.draft)))
    return _Published(source.draft, source.compiled, history)


def _of_database(word: str, terminal: Terminal, *, writes: bool = False) -> _Published:
    """A version that the data folder's database has published, the newest where none is named.

    Raises Refused for one that is to be written into the folder and was retired.
    """
    matched = REFERENCE.fullmatch(word)
    assert matched
    with terminal.office() as office, office.work(write=False) as work:
        rows = work.session.exec(
            select(ChecklistVersion)
            .where(ChecklistVersion.id == matched[1])
            .order_by(col(ChecklistVersion.version).desc())
        ).all()
        wanted = int(matched[2]) if matched[2] else None
        row = next((each for each in rows if wanted in (None, each.version)), None)
        if row is None:
            raise Refused("数据库里没有发布过 {name}。", name=word)
        history: History = []
        for each in reversed(rows):
            if each.version <= row.version and each.written:
                note = (json.loads(each.written).get("changes") or {}).get("note", "")
                day = each.published_at.astimezone(SHANGHAI).date().isoformat()
                history.append((each.version, day, "", note))
        if writes and row.retired_at is not None:
            raise Refused(RETIRED, name=f"{row.id}@{row.version}")
        if not row.written:
            raise Refused("数据库里的 {name} 没有书写形式，请先启动一次（xunting migrate）。", name=word)
        reading = read_checklist(json.loads(row.written))
        if reading.findings or reading.draft is None or reading.compiled is None:
            raise StandardsWrong(reading.findings)
        if fingerprint(reading.compiled) != row.sha256:
            raise Refused("数据库里的 {name} 与它的散列值不符。", name=f"{row.id}@{row.version}")
        return _Published(reading.draft, reading.compiled, history)


def _as_file(found: _Published, sort: str, language: str) -> bytes:
    if sort == "yaml":
        return _yaml(found.draft)
    # Writers of workbooks, which other commands need not load.
    from server.usecases.checklist_files import write_file

    try:
        return write_file(_SHEETS[sort], plain(found.draft), language, found.history)
    except WrongStandard as unfit:
        raise StandardsWrong(list(unfit.findings)) from unfit


def _yaml(draft: Draft) -> bytes:
    """The file's text, of which it is certain that it says the same. Raises StandardsWrong where none does."""
    text = yaml_text(plain(draft))
    _, reading = read_yaml_checklist(text, f"{draft.checklist.id}/v{draft.checklist.version}.yaml")
    if reading.findings or reading.draft is None or plain(reading.draft) != plain(draft):
        raise StandardsWrong(reading.findings)
    return text.encode()


def _note(draft: Draft) -> str:
    return draft.checklist.changes.note if draft.checklist.changes else ""


def _file_of(folder: Path, name: str, version: int) -> Path:
    return folder / name / f"v{version}.yaml"


def _key_of(line: str) -> Key:
    """The key of a lock line; a remark stands before everything."""
    words = line.split()
    return (words[0], int(words[1])) if len(words) == 3 and words[1].isdecimal() else ("", 0)
