"""Rule sets carried out: as YAML from the folder or the database, and from the console's database into git."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sqlmodel import col, select

from server.cli import whole_files
from server.cli.standard_sources import REFERENCE, RuleSource, source_of
from server.cli.terminal import Refused, Terminal
from server.domain.rules import RuleSet, fingerprint, plain, read_rules
from server.gateways.rules import read_rule_files
from server.gateways.rules_yaml import rules_text
from server.gateways.standards import StandardsWrong
from server.storage.standards import RuleSet as Published

NAME = "rules"
RETIRED = "{name} 已经停用，不写进文件夹：从那里启动的服务器会让它重新生效。"


def export_rules(options: argparse.Namespace, terminal: Terminal) -> RuleSet | None:
    """Write a rule set as YAML; with --database --write return it for the folder, which also gets its lock line."""
    if options.format not in (None, "yaml"):
        raise Refused("规则集只能导出为 YAML。")
    rules = (
        _of_database(options.what, terminal, writes=options.write)
        if options.database
        else _of_folder(options)
    )
    if options.write:
        return rules
    path = options.to or Path(f"{NAME}-v{rules.version}.yaml")
    whole_files.write_new(path, rules_text(plain(rules)).encode())
    terminal.say("已写入 {name}。", name=whole_files.shown(path))
    return None


def into_folder(rules: RuleSet, folder: Path) -> bool:
    """Make a rule set the folder's file, if it is not there yet; whether it was written. Raises Refused, StandardsWrong."""
    path = folder / NAME / f"v{rules.version}.yaml"
    there = read_rule_files(folder).get((NAME, rules.version))
    if there is not None:
        if there.sha256 != fingerprint(rules):
            raise Refused("{name} 已经存在，内容不同；没有覆盖。", name=whole_files.shown(path))
        return False
    whole_files.write_new(path, rules_text(plain(rules)).encode())
    try:
        read_rule_files(folder)
    except StandardsWrong:
        path.unlink()
        raise
    return True


def _of_folder(options: argparse.Namespace) -> RuleSet:
    source = source_of(options.what, options.folder)
    if not isinstance(source, RuleSource):
        raise Refused("{name} 不是规则集。", name=options.what)
    return source.rules


def _of_database(word: str, terminal: Terminal, *, writes: bool) -> RuleSet:
    matched = REFERENCE.fullmatch(word)
    wanted = int(matched[2]) if matched and matched[2] else None
    with terminal.office() as office, office.work(write=False) as work:
        rows = work.session.exec(
            select(Published.version, Published.written, Published.retired_at).order_by(
                col(Published.version).desc()
            )
        ).all()
    row = next((each for each in rows if wanted in (None, each[0])), None)
    if row is None:
        raise Refused("数据库里没有发布过 {name}。", name=word)
    if writes and row[2] is not None:
        raise Refused(RETIRED, name=f"{NAME}@{row[0]}")
    rules, findings = read_rules(json.loads(row[1]))
    if rules is None:
        raise StandardsWrong(findings)
    return rules
