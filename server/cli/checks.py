"""Commands that check: verify a PDF, the audit chain, and the doctor."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from server.cli.terminal import Refused, Terminal, command
from server.storage import events
from server.storage.events import Event, Job, JobState
from server.storage.visits import Report, Revision, VisitFile
from server.usecases.work import Work

STANDINGS = {
    "genuine": "报告真实，没有改动：{number}。",
    "superseded": "报告真实，但已有新版：{number} 被 {newer} 取代。",
    "void": "报告已作废：{number}，对应的检查被作废。",
    "changed": "报告被改动过：{number}。",
    "unknown": "不是本系统的报告。",
}


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's commands."""
    verified = command(commands, terminal, "verify", "核验一份报告 PDF 是否真实、是否被改动", verify)
    verified.add_argument("file", type=Path)
    audit = command(commands, terminal, "audit", "审计：verify 核对事件日志的散列链", audit_chain)
    audit.add_argument("verb", choices=["verify"])
    command(commands, terminal, "doctor", "体检：回执里的照片是否都在、任务是否失败、日志链是否完整", doctor)


def verify(options: argparse.Namespace, terminal: Terminal) -> int:
    """Whether a PDF is one of our signed reports, unchanged; the exit code is 0 for genuine ones alone."""
    # The PDF libraries take seconds to load, which the other commands need not wait for.
    from server.usecases import reports

    data = options.file.read_bytes()
    with terminal.office() as office:
        found = reports.verify_bytes(office, data)
    sentence = STANDINGS[found.standing]
    if found.standing in ("changed", "void", "unknown"):
        raise Refused(sentence, number=found.number or "?")
    terminal.say(sentence, number=found.number, newer=found.newer)
    return 0


def audit_chain(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Recompute the chain of events."""
    with terminal.office() as office, office.work(write=False) as work:
        broken = events.broken_link(work.session)
        sealed, waiting = _events(work)
    if broken is not None:
        raise Refused("事件日志的链在第 {number} 条断开：日志被改动过。", number=broken)
    terminal.say("事件日志完整：已封存 {sealed} 条，待封存 {waiting} 条。", sealed=sealed, waiting=waiting)
    return 0


def doctor(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Look for what was promised and is not there; each finding one line."""
    found: list[str] = []
    with terminal.office() as office, office.work(write=False) as work:
        for visit, digest in _lost_files(work):
            found.append(
                terminal.text("检查 {visit} 的文件 {sha256} 不在文件库里。", visit=visit, sha256=digest)
            )
        for report in work.session.exec(select(Report)):
            if not work.files.has(report.sha256, kind="report"):
                found.append(terminal.text("报告 {number} 的文件不在文件库里。", number=report.number))
        for job in work.session.exec(select(Job).where(Job.state == JobState.FAILED)):
            found.append(
                terminal.text(
                    "任务 {handler}（{subject}）失败：{error}",
                    handler=job.handler,
                    subject=job.subject_id,
                    error=(job.error or "").strip().rsplit("\n", 1)[-1],
                )
            )
        broken = events.broken_link(work.session)
        if broken is not None:
            found.append(terminal.text("事件日志的链在第 {number} 条断开：日志被改动过。", number=broken))
    for line in found:
        print(line)
    if found:
        raise Refused("体检发现 {count} 个问题。", count=len(found))
    terminal.say("体检正常：照片、任务、日志都没有问题。")
    return 0


def _lost_files(work: Work) -> list[tuple[str, str]]:
    """Files that a receipt promised or that arrived, and that the store does not hold under their kind."""
    arrived = {(str(f.visit_id), f.sha256): f.kind for f in work.session.exec(select(VisitFile))}
    promised = set(arrived)
    for revision in work.session.exec(select(Revision).where(col(Revision.receipt).is_not(None))):
        receipt = json.loads(revision.receipt or "{}")
        promised |= {(str(revision.visit_id), digest) for digest in receipt.get("files", ())}
    held = {kind: set(work.files.names(kind=kind)) for kind in {*arrived.values(), "photo"}}
    # Of what only a receipt names the kind is not known.
    anywhere = set().union(*held.values())
    return sorted(
        pair for pair in promised if pair[1] not in (held[arrived[pair]] if pair in arrived else anywhere)
    )


def _events(work: Work) -> tuple[int, int]:
    count = select(func.count()).select_from(Event)
    sealed = work.session.exec(count.where(col(Event.seq).is_not(None))).one()
    waiting = work.session.exec(count.where(col(Event.seq).is_(None))).one()
    return sealed, waiting
