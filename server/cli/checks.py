"""Commands that check: verify a PDF or a receipt, the audit chain, and the doctor."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from server.cli.terminal import Refused, Terminal, command
from server.domain import dates, voice
from server.domain.receipts import Judged, Receipt, heard, read
from server.storage import events
from server.storage.events import Event, Job, JobState
from server.storage.record_files import RecordFile
from server.storage.visits import Report, Visit, VisitFile
from server.usecases import facts as visit_facts
from server.usecases import receipts
from server.usecases.work import Work

STANDINGS = {
    "genuine": "报告真实，没有改动：{number}。",
    "outdated": "真实，但已过时：报告 {number} 所依据的检查后来有变动，新的报告还没有签发。",
    "superseded": "报告真实，但已有新版：{number} 被 {newer} 取代。",
    "void": "报告已作废：{number}，对应的检查被作废。",
    "changed": "报告被改动过：{number}。",
    "unknown": "不是本系统的报告。",
}
RECEIPTS = {
    "genuine": "回执真实，没有改动：{number}。检查 {visit} 第 {revision} 次提交，{files} 个文件，{at} 收齐。",
    "unsigned": "回执没有签名（旧版），与系统里的一致：{number}。检查 {visit} 第 {revision} 次提交，{files} 个文件，{at} 收齐。",
    "recorded": "回执与系统里的一致，但签名用的密钥不在了，签名核对不了：{number}。检查 {visit} 第 {revision} 次提交，{files} 个文件，{at} 收齐。",
    "changed": "回执被改动过：{number}。",
    "unknown": "不是本系统的回执。",
}
BROKEN = {
    "changed": "回执 {number}（检查 {visit}）被改动过。",
    "answers": "回执 {number}（检查 {visit}）答应的回答已经不是原来的。",
    "key": "{count} 张回执核对不了：签名用的密钥 {key} 的公钥不在了。",
}


def add(commands: Any, terminal: Terminal) -> None:
    """Add this module's commands."""
    verified = command(
        commands, terminal, "verify", "核验一份报告 PDF 或收件回执是否真实、是否被改动", verify
    )
    verified.add_argument("file", nargs="+", help=terminal.text("PDF、回执文件（JSON）或回执编号"))
    verified.add_argument("--key", type=Path, help=terminal.text("只用这份公钥核验回执，不需要数据库"))
    command(
        commands, terminal, "receipt-key", "输出核验回执用的公钥（网址 /receipt-keys.pem 也有）", print_key
    )
    audit = command(commands, terminal, "audit", "审计：verify 核对事件日志的散列链", audit_chain)
    audit.add_argument("verb", choices=["verify"])
    command(commands, terminal, "doctor", "体检：回执里的照片是否都在、任务是否失败、日志链是否完整", doctor)


def verify(options: argparse.Namespace, terminal: Terminal) -> int:
    """Whether PDFs or receipts are ours, unchanged and not replaced; the exit code is 0 where all of them are."""
    if len(options.file) == 1:
        return _verify(options.file[0], options.key, terminal)
    codes = []
    for name in options.file:
        print(f"{name}: ", end="", flush=True)
        try:
            codes.append(_verify(name, options.key, terminal))
        except Refused as refused:
            terminal.say(refused.sentence, **refused.facts)
            codes.append(1)
        except OSError as error:
            print(error.strerror, flush=True)
            codes.append(1)
    return max(codes)


def _verify(name: str, key: Path | None, terminal: Terminal) -> int:
    file = Path(name)
    number = None if key or file.exists() else heard(name)
    if number:
        return _find_number(number, terminal)
    data = file.read_bytes()
    given = read(data)
    if key:
        judged = receipts.by_signature(given or {}, key.read_text("ascii", "replace"))
        if judged.standing == "unsigned":
            raise Refused("这张回执没有签名（旧版），只能在系统里核对。")
        return _say_receipt(judged, terminal)
    if given is not None:
        with terminal.office(as_it_is=True) as office:
            judged = receipts.by_signature(given, receipts.public_keys(office.settings))
            with office.work(write=False) as work:
                judged = receipts.by_record(work, given, judged)
                expired = receipts.expired(work, judged.receipt)
        return _say_receipt(judged, terminal, expired)
    # The PDF libraries take seconds to load, which the other commands need not wait for.
    from server.usecases import reports

    with terminal.office(as_it_is=True) as office:
        found = reports.verify_bytes(office, data)
    sentence = STANDINGS[found.standing]
    if found.standing in ("changed", "void", "unknown"):
        raise Refused(sentence, number=found.number or "?")
    terminal.say(sentence, number=found.number, newer=found.newer)
    return 0 if found.standing == "genuine" else 1


def print_key(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Print the public keys by which anybody can check receipts."""
    print(receipts.public_keys(terminal.settings()), end="")
    return 0


def _find_number(number: str, terminal: Terminal) -> int:
    """Tell what the receipts with this number say, each judged as if its file had been shown."""
    with terminal.office(as_it_is=True) as office, office.work(write=False) as work:
        pem = receipts.public_keys(work.settings)
        found = [
            (judged, receipts.expired(work, judged.receipt))
            for given in receipts.with_number(work, number)
            for judged in [receipts.by_record(work, given, receipts.by_signature(given, pem))]
        ]
    if not found:
        raise Refused("没有编号为 {number} 的回执。", number=number)
    for judged, expired in found:
        _say_receipt(judged, terminal, expired)
    return 0


def _say_receipt(judged: Judged, terminal: Terminal, expired: int = 0) -> int:
    sentence = RECEIPTS[judged.standing]
    if judged.standing in ("changed", "unknown"):
        raise Refused(sentence, number=judged.receipt.number if judged.receipt else "?")
    terminal.say(sentence, **_facts(judged.receipt))
    if expired:
        terminal.say("其中 {count} 个文件已按规定到期删除，指纹还在。", count=expired)
    return 0


def _facts(receipt: Receipt | None) -> dict[str, Any]:
    if receipt is None:
        return {}
    at = dates.instant(datetime.fromisoformat(receipt.at), seconds=True)
    return receipt.model_dump() | {"files": len(receipt.files), "at": at}


def audit_chain(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Recompute the chain of events."""
    with terminal.office(as_it_is=True) as office, office.work(write=False) as work:
        broken = events.broken_link(work.session)
        sealed, waiting = _events(work)
    if broken is not None:
        raise Refused("事件日志的链在第 {number} 条断开：日志被改动过。", number=broken)
    terminal.say("事件日志完整：已封存 {sealed} 条，待封存 {waiting} 条。", sealed=sealed, waiting=waiting)
    return 0


def doctor(_options: argparse.Namespace, terminal: Terminal) -> int:
    """Look for what was promised and is not there; each finding one line."""
    found: list[str] = []
    with terminal.office(as_it_is=True) as office, office.work(write=False) as work:
        promised, broken = receipts.examined(work)
        files = _files(work, set(promised))
        for visit, digest in files.lost:
            sentence = "检查 {visit} 的文件 {sha256} 不在文件库里。"
            number = promised.get((visit, digest))
            if number:
                sentence = "回执 {number} 答应的文件 {sha256} 不在文件库里（检查 {visit}）。"
            found.append(terminal.text(sentence, visit=visit, sha256=digest, number=number))
        for visit, digest in files.kept:
            sentence = "检查 {visit} 的文件 {sha256} 早该到期删除，却还在文件库里。"
            found.append(terminal.text(sentence, visit=visit, sha256=digest))
        for visit, digest in files.waiting:
            sentence = (
                "检查 {visit} 已有定论，录音 {sha256} 还没有删除；一小时后仍这样，请看后台进程是否在运行。"
            )
            found.append(terminal.text(sentence, visit=visit, sha256=digest))
        for file in _lost_proofs(work):
            sentence = "整改或申诉 {record} 的文件 {sha256} 不在文件库里。"
            found.append(terminal.text(sentence, record=file.record_id, sha256=file.sha256))
        for each in broken:
            facts = {"number": each.number, "visit": each.visit, "key": each.key, "count": each.count}
            found.append(terminal.text(BROKEN[each.what], **facts))
        for report in work.session.exec(select(Report)):
            if not work.files.has(report.sha256, kind="report"):
                found.append(terminal.text("报告 {number} 的文件不在文件库里。", number=report.number))
        for visit_id in visit_facts.marked_wrong(work):
            sentence = "检查 {visit} 计不计入指标，存的与它的状态不一致。"
            found.append(terminal.text(sentence, visit=visit_id))
        for job in work.session.exec(select(Job).where(Job.state == JobState.FAILED)):
            found.append(
                terminal.text(
                    "任务 {handler}（{subject}）失败：{error}",
                    handler=job.handler,
                    subject=job.subject_id,
                    error=(job.error or "").strip().rsplit("\n", 1)[-1],
                )
            )
        link = events.broken_link(work.session)
        if link is not None:
            found.append(terminal.text("事件日志的链在第 {number} 条断开：日志被改动过。", number=link))
    for line in found:
        print(line)
    if files.expired:
        terminal.say("按规定到期删除的文件共 {count} 个。", count=files.expired)
    if found:
        raise Refused("体检发现 {count} 个问题。", count=len(found))
    terminal.say("体检正常：照片、任务、日志都没有问题。")
    return 0


@dataclass(frozen=True, slots=True)
class _Files:
    """Pairs of visit and SHA-256: `lost` are promised or arrived and not in the store; `kept` have expired and are
    there still; `waiting` are voice notes of decided visits that have not expired. `expired` is how many have."""

    lost: list[tuple[str, str]]
    kept: list[tuple[str, str]]
    waiting: list[tuple[str, str]]
    expired: int


def _files(work: Work, promised: set[tuple[str, str]]) -> _Files:
    """Compare the files of all visits, and those that receipts promised, with what the store holds of each kind."""
    files = work.session.exec(select(VisitFile)).all()
    kinds = {(str(file.visit_id), file.sha256): file.kind for file in files}
    expired = {(str(file.visit_id), file.sha256) for file in files if file.expired_at is not None}
    living = {(pair[1], kind) for pair, kind in kinds.items() if pair not in expired}
    # A proof of an action may be the same picture, and lies under the same name.
    proofs = select(RecordFile.sha256, RecordFile.kind).where(col(RecordFile.expired_at).is_(None))
    living |= set(work.session.exec(proofs).all())
    held = {kind: set(work.files.names(kind=kind)) for kind in {*kinds.values(), "photo"}}
    # Of what only a receipt names the kind is not known.
    anywhere = set().union(*held.values())
    due = (promised | kinds.keys()) - expired
    kept = {pair for pair in expired if pair[1] in held[kinds[pair]] and (pair[1], kinds[pair]) not in living}
    decided = work.session.exec(
        select(VisitFile.visit_id, VisitFile.sha256)
        .join(Visit, col(Visit.id) == col(VisitFile.visit_id))
        .where(
            VisitFile.kind == "audio",
            col(VisitFile.expired_at).is_(None),
            col(Visit.state).in_(voice.DECIDED),
        )
    )
    return _Files(
        lost=sorted(
            pair for pair in due if pair[1] not in (held[kinds[pair]] if pair in kinds else anywhere)
        ),
        kept=sorted(kept),
        waiting=sorted((str(visit), digest) for visit, digest in decided),
        expired=len(expired),
    )


def _lost_proofs(work: Work) -> list[RecordFile]:
    """The files of corrective actions and appeals that the store does not hold, though their time has not come."""
    files = work.session.exec(
        select(RecordFile)
        .where(col(RecordFile.expired_at).is_(None))
        .order_by(col(RecordFile.record_id), col(RecordFile.sha256))
    ).all()
    held = {kind: set(work.files.names(kind=kind)) for kind in {file.kind for file in files}}
    return [file for file in files if file.sha256 not in held[file.kind]]


def _events(work: Work) -> tuple[int, int]:
    count = select(func.count()).select_from(Event)
    sealed = work.session.exec(count.where(col(Event.seq).is_not(None))).one()
    waiting = work.session.exec(count.where(col(Event.seq).is_(None))).one()
    return sealed, waiting
