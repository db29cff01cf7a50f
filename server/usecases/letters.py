"""Decision letters: sign and keep one from plain facts; a later one about the same decision replaces it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

from server.domain.period_reports import Kind
from server.reports.facts import Superseded
from server.reports.letter_facts import Letter, content
from server.reports.press import Manuscript
from server.storage.visits import Report
from server.usecases.report_numbers import reserve
from server.usecases.work import Office, Work

KIND = "report"
Written = Callable[[str, str, str, Superseded | None], Letter]
"""Writes the letter: handed its report id, its number, its address for verifying, and what it replaces."""


def issue(
    office: Office,
    outlet_id: UUID,
    effective: date,
    write: Written,
    decision: UUID | None = None,
    known: UUID | None = None,
) -> Report:
    """Write, sign and keep the letter of a decision about an outlet that takes effect on a day.

    The same facts again give the letter that is there; other facts for the same decision (without one: the same outlet
    and day) in the same language replace it. `known` is a letter about the decision that is there, also of another day.
    """
    matter = f"{outlet_id}:{effective}:{decision}" if decision else f"{outlet_id}:{effective}"
    language = write("", "", "", None).language
    if language != "zh":
        matter += f":{language}"
    while True:
        with office.work(write=False) as work:
            older = _newest(work, matter, known)
        turn = older.revision + 1 if older else 1
        report_id = _id_of(matter, turn)
        replaced = Superseded(report_id=str(older.id), number=older.number) if older else None
        verify_url = f"{office.settings.public_url}/verify/{report_id}"
        # What it says is told apart without its number: the number is taken only for a letter that is new.
        said = sha256(content(write(str(report_id), "", verify_url, replaced))).hexdigest()
        if older is not None and older.facts_sha256 == said:
            return older
        data = write(str(report_id), reserve(office), verify_url, replaced)
        made = office.press(Manuscript(office.settings, data, {}))
        with office.work() as work:
            kept = _keep(work, outlet_id, effective, older.id if older else None, data, said, made)
        if kept is not None:
            return kept


def _id_of(matter: str, turn: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"xunting:letter:{matter}:{turn}")


def _newest(work: Work, matter: str, known: UUID | None) -> Report | None:
    newest = work.session.get(Report, known or _id_of(matter, 1))
    while newest is not None and newest.superseded_by is not None:
        newest = work.session.get_one(Report, newest.superseded_by)
    return newest


def _keep(
    work: Work, outlet_id: UUID, effective: date, replaces: UUID | None, data: Letter, said: str, made: bytes
) -> Report | None:
    report_id = UUID(data.report_id)
    if work.session.get(Report, report_id) is not None:
        return None
    older = work.session.get_one(Report, replaces) if replaces else None
    report = Report(
        id=report_id,
        kind=Kind.DECISION_LETTER,
        subject=outlet_id,
        period=effective.isoformat(),
        language=data.language,
        revision=older.revision + 1 if older else 1,
        edition="outlet",
        number=data.number,
        sha256=work.files.put(made, kind=KIND),
        bytes=len(made),
        signed_at=data.issued_at,
        facts_sha256=said,
    )
    work.session.add(report)
    work.session.flush()
    if older is not None:
        older.superseded_by = report_id
        work.record("report.superseded", "report", older.id, by=str(report_id))
    work.record(
        "report.signed",
        "report",
        report_id,
        kind=report.kind,
        about=str(outlet_id),
        edition=report.edition,
        sha256=report.sha256,
    )
    return report
