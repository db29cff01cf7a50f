"""Commands about standards kept in git: check, diff, preview, lock and schema of checklists and rule sets."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from server.cli import differences, standard_exchange, whole_files
from server.cli.standard_sources import (
    REFERENCE,
    RuleSource,
    Source,
    checklist_of,
    file_source,
    folder_source,
    plan,
    source_of,
    versions,
)
from server.cli.terminal import Refused, Terminal, command, sentence_of
from server.config import ROOT
from server.domain.calendars import Calendar
from server.domain.checklist import check_succession
from server.domain.checklist_schema import checklist_schema
from server.domain.findings import Finding, listed
from server.domain.rules import RuleSet, compare_rules
from server.gateways.lock import RULES
from server.gateways.rules import read_rule_files
from server.gateways.standards import Standard, StandardsWrong, read_standards

FOLDER = ROOT / "checklists"
_DOCUMENT = b"<!doctype html>"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's commands."""
    lists = command(
        commands, terminal, "checklists", "检查表与规则的文件：核对、比较、导出、导入、预览、发布", _no_verb
    )
    verbs = lists.add_subparsers(dest="verb", required=True, metavar=terminal.text("动作"))
    checked = _verb(verbs, terminal, "check", "核对全部文件与已发布版本，或只核对几个文件", check)
    checked.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help=terminal.text("YAML、XLSX 或 XLSForm 文件")
    )
    compared = _verb(verbs, terminal, "diff", "比较两个版本：相同退出码为 0，不同为 1，出错为 2", diff)
    for name in ("A", "B"):
        compared.add_argument(name, help=terminal.text("文件，或 编号@版本；只写编号是最新的一版"))
    compared.add_argument("--json", action="store_true", help=terminal.text("输出 JSON，供程序使用"))
    previewed = _verb(verbs, terminal, "preview", "写一个 HTML 文件，像在手机上一样试填检查表", preview)
    previewed.add_argument(
        "what", metavar="FILE|ID[@VERSION]", help=terminal.text("文件，或 编号@版本；只写编号是最新的一版")
    )
    previewed.add_argument("--to", type=Path, metavar="FILE.html", help=terminal.text("写到这个文件"))
    previewed.add_argument(
        "--lang", choices=["zh", "en"], default=terminal.language, help=terminal.text("文字的语言")
    )
    locked = _verb(verbs, terminal, "lock", "发布文件夹里的一个版本：在 published.lock 里加一行", lock)
    locked.add_argument("id", metavar="ID", help=terminal.text("检查表的编号，或 rules、calendar-2026"))
    locked.add_argument("version", metavar="VERSION", type=int)
    schema_ = _verb(verbs, terminal, "schema", "输出供编辑器使用的 JSON Schema", schema)
    schema_.add_argument(
        "kind", nargs="?", choices=list(_schemas()), default="checklist", help=terminal.text("检查表或规则")
    )
    schema_.add_argument("--write", action="store_true", help=terminal.text("写进文件夹，全部种类"))
    standard_exchange.add(verbs, terminal, _verb)


def check(options: argparse.Namespace, terminal: Terminal) -> int:
    """Check the folder with its lock, or the files named; every finding with its place."""
    if options.files:
        return _check_files(options, terminal)
    standards, rules = _read_folder(options.folder, terminal)
    for (name, version), standard in [*sorted(standards.items()), *sorted(rules.items())]:
        state = terminal.text("已发布" if standard.published else "未发布")
        print(f"{name} v{version}  {standard.sha256[:12]}  {state}")
    terminal.say("检查表全部正确，共 {count} 个版本。", count=len(standards))
    terminal.say("规则与日历全部正确，共 {count} 个版本。", count=len(rules))
    return 0


def diff(options: argparse.Namespace, terminal: Terminal) -> int:
    """Compare two versions; like diff, 0 when they are equal, 1 when they differ, 2 when they cannot be compared."""
    try:
        return _diff(options, terminal)
    except Exception as error:
        sentence = sentence_of(error, terminal)
        if sentence is None:
            raise
        terminal.complain(sentence)
        return 2


def preview(options: argparse.Namespace, terminal: Terminal) -> int:
    """Write the page that shows a checklist as the phone does."""
    from server.gateways.preview import preview_page

    source = checklist_of(options.what, options.folder)
    page = preview_page(source.compiled, None, options.lang)
    name, version = source.key
    path = options.to or Path(f"{name}-v{version}.html")
    # An older preview goes; anything else that has the name stays.
    whole_files.write_new(path, page.encode(), may_replace=lambda there: there[:15].lower() == _DOCUMENT)
    terminal.say("已写入 {name}。", name=whole_files.shown(path.resolve()))
    return 0


def lock(options: argparse.Namespace, terminal: Terminal) -> int:
    """Publish a version of the folder, after everything in it is clean."""
    key = options.id, options.version
    standards, rules = _read_folder(options.folder, terminal)
    known: dict[tuple[str, int], Any] = {**standards, **rules}
    if key not in known:
        raise Refused(
            "{folder} 里没有 {name}。", folder=whole_files.shown(options.folder), name=f"{key[0]} v{key[1]}"
        )
    if known[key].published:
        raise Refused("{name} 已经发布过了。", name=f"{key[0]} v{key[1]}")
    standard_exchange.lock_version(options.folder, key, known)
    terminal.say("已发布 {name}：{sha256}", name=f"{key[0]} v{key[1]}", sha256=known[key].sha256)
    return 0


def schema(options: argparse.Namespace, terminal: Terminal) -> int:
    """Print a schema, or write all of them into the folder."""
    schemas = _schemas()
    if not options.write:
        print(_schema_text(schemas[options.kind]), end="")
        return 0
    for kind, made in schemas.items():
        path = options.folder / f"{kind}.schema.json"
        whole_files.write_new(path, _schema_text(made).encode(), may_replace=lambda _: True)
        terminal.say("已写入 {name}。", name=whole_files.shown(path))
    return 0


def _check_files(options: argparse.Namespace, terminal: Terminal) -> int:
    findings: list[Finding] = []
    for path in options.files:
        try:
            said = _checked(path, options.folder, terminal)
        except StandardsWrong as wrong:
            findings += wrong.findings
        else:
            print(f"{whole_files.shown(path)}  {said}")
    if findings:
        terminal.complain(listed(findings, terminal.language))
        raise Refused("共 {count} 处问题。", count=len(findings))
    return 0


def _checked(path: Path, folder: Path, terminal: Terminal) -> str:
    """Check one file; a file of the folder with the lock and its neighbours. Raises StandardsWrong."""
    if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
        name = path.resolve().relative_to(folder.resolve()).as_posix()
        shown = whole_files.shown(path)
        own = [each.placed(shown, each.line) for each in _folder_findings(folder) if each.file == name]
        if own:
            raise StandardsWrong(own)
        if name.startswith(f"{RULES}/"):
            return terminal.text("没有问题。")
    found = file_source(path)
    if isinstance(found, Source):
        for note in found.notes:
            print(listed([note], terminal.language))
        wrong = _against_the_version_before(found, folder)
        if wrong:
            raise StandardsWrong(wrong)
    return terminal.text("没有问题。")


def _against_the_version_before(source: Source, folder: Path) -> list[Finding]:
    """A workbook is a draft of the next version; a YAML file says which version it is."""
    if source.format != "yaml":
        planned = plan(source, folder)
        undeclared = planned.comparison.undeclared if planned.comparison else ()
        told = [Finding("", "change_undeclared", {"item": change.now}) for change in undeclared]
        return [*planned.findings, *source.place(told)]
    name, version = source.key
    before = max((number for number in versions(folder, name) if number < version), default=None)
    if before is None:
        return []
    earlier = folder_source(folder, name, before)
    assert isinstance(earlier, Source)
    return source.place(check_succession(earlier.draft, source.draft))


def _folder_findings(folder: Path) -> list[Finding]:
    findings: list[Finding] = []
    for reader in (read_standards, read_rule_files):
        try:
            reader(folder)
        except StandardsWrong as wrong:
            findings += wrong.findings
    return findings


def _read_folder(
    folder: Path, terminal: Terminal
) -> tuple[dict[tuple[str, int], Standard], dict[tuple[str, int], Any]]:
    """Every version of the folder. Says all findings and raises Refused when there are any."""
    findings = _folder_findings(folder)
    if findings:
        terminal.complain(listed(findings, terminal.language))
        raise Refused("检查表有 {count} 处问题。", count=len(findings))
    return read_standards(folder), dict(read_rule_files(folder))


def _diff(options: argparse.Namespace, terminal: Terminal) -> int:
    earlier, later = (source_of(word, options.folder) for word in (options.A, options.B))
    if isinstance(earlier, RuleSource) and isinstance(later, RuleSource):
        changes = compare_rules(earlier.rules, later.rules)
        if options.json:
            print(differences.rules_as_json(changes))
        else:
            print("\n".join([f"{earlier.name} → {later.name}", *differences.rule_lines(changes, terminal)]))
            terminal.say("共 {count} 处不同。" if changes else "没有差别。", count=len(changes))
        return 1 if changes else 0
    if isinstance(earlier, RuleSource) or isinstance(later, RuleSource) or earlier.key[0] != later.key[0]:
        raise Refused("{a} 和 {b} 不是同一份检查表的版本。", a=earlier.name, b=later.name)
    found = differences.difference(earlier.draft, _with_all_said(later, earlier, options))
    if options.json:
        print(differences.as_json(found))
    else:
        note = later.draft.checklist.changes.note if later.draft.checklist.changes else ""
        print(f"{earlier.name} → {later.name}{f' · {differences.one_line(note)}' if note else ''}")
        for line in differences.lines(found, terminal):
            print(line)
        print(differences.total(found, terminal))
    return 1 if found else 0


def _with_all_said(later: Source, earlier: Source, options: argparse.Namespace) -> Any:
    """The later version with what was said in the versions between, for two that do not follow each other."""
    draft, changes = later.draft, later.draft.checklist.changes
    if not REFERENCE.fullmatch(options.B) or changes is None:
        return draft
    same = list(changes.same)
    for number in versions(options.folder, later.key[0]):
        if earlier.key[1] < number < later.key[1]:
            between = folder_source(options.folder, later.key[0], number)
            told = between.draft.checklist.changes if isinstance(between, Source) else None
            same += told.same if told else []
    checklist = draft.checklist.model_copy(update={"changes": changes.model_copy(update={"same": same})})
    return replace(draft, checklist=checklist)


def _schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of file, by the name of the schema's file."""
    rules = {name: model.model_json_schema() for name, model in ((RULES, RuleSet), ("calendar", Calendar))}
    titles = {RULES: "巡厅规则 rules", "calendar": "巡厅工作日历 calendar"}
    return {
        "checklist": checklist_schema(),
        **{name: {"$schema": _DRAFT, **made, "title": titles[name]} for name, made in rules.items()},
    }


def _schema_text(made: dict[str, Any]) -> str:
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def _verb(
    verbs: Any, terminal: Terminal, name: str, what: str, run: Callable[[argparse.Namespace, Terminal], int]
) -> argparse.ArgumentParser:
    parser = command(verbs, terminal, name, what, run)
    parser.add_argument("--folder", type=Path, default=FOLDER, help=terminal.text("检查表的文件夹"))
    return parser


def _no_verb(_options: argparse.Namespace, _terminal: Terminal) -> int:
    raise AssertionError("argparse asks for the verb first")
