"""Turning a period into the facts of its report: the head that all share, then the month's or the quarter's own part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from sqlmodel import select

from server.domain import dates
from server.domain.period_reports import Kind
from server.domain.rules import fingerprint
from server.reports import period_facts as facts
from server.reports import period_parts as parts
from server.reports.facts import Standard, Superseded
from server.storage.organisation import Unit, UnitKind
from server.storage.visits import Report
from server.usecases.outlet_month_data import outlet_month
from server.usecases.period_read import Read, Wanted, read
from server.usecases.quarter_data import quarter
from server.usecases.work import Work


@dataclass(frozen=True, slots=True)
class ReadyPeriod:
    """Everything needed to render a period's report outside of any transaction.

    `photos` are (sha256, kind) of each file that it shows; `basis` maps each visit to its revision.
    """

    data: facts.PeriodData
    photos: tuple[tuple[str, str], ...]
    basis: dict[str, int]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what it says, whatever its number."""
        return sha256(facts.content(self.data)).hexdigest()

    def numbered(self, number: str) -> ReadyPeriod:
        """The same under the number that was reserved for it."""
        return replace(self, data=replace(self.data, head=replace(self.data.head, number=number)))


def gather(
    work: Work,
    wanted: Wanted,
    *,
    report_id: str,
    number: str,
    remarks: str = "",
    draft: bool = False,
    supersedes: Report | None = None,
) -> ReadyPeriod:
    """Read what the report of this period shows. Nothing is written. Raises NotFound for a subject out of sight."""
    found = read(work, wanted)
    head = parts.Head(
        edition=wanted.edition,
        language=wanted.language,
        report_id=report_id,
        number=number,
        issuer=_issuer(work, found),
        issued_at=work.now,
        verify_url=f"{work.settings.public_url}/verify/{report_id}",
        period=dates.period(wanted.period, wanted.language),
        first=wanted.period.first,
        last=wanted.period.after - timedelta(days=1),
        rules=Standard(
            title=found.say("规则集"), version=found.rules.version, sha256=fingerprint(found.rules)
        ),
        remarks=remarks,
        draft=draft,
        supersedes=Superseded(report_id=str(supersedes.id), number=supersedes.number) if supersedes else None,
    )
    part = outlet_month if wanted.kind is Kind.OUTLET_MONTH else quarter
    data, pictures = part(work, found, head)
    basis = {each.counted.figure.visit: each.counted.revision for each in found.rests_on}
    return ReadyPeriod(data, tuple(pictures.items()), basis)


def _issuer(work: Work, read: Read) -> str:
    """Who signs: the province's customer service, whoever presses the button; the key is the organisation's."""
    root = read.where.path.split("/")[0] + "/"
    name = work.session.exec(
        select(Unit.name).where(Unit.path == root, Unit.kind == UnitKind.PROVINCE)
    ).first()
    return (name or "省公司") + "客户服务部"
