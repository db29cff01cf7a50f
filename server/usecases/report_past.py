"""What came before a visit's report: the one it replaces, what appeals corrected, and of a recheck its first visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from server.domain.access import Role
from server.domain.appeals import AppealState
from server.domain.exact import two_decimals
from server.domain.review import is_covert
from server.domain.visit import VisitDocument
from server.queries import checklists, releases
from server.queries.answers import facts_at, parts, scored, untraced
from server.queries.visit_reviews import reviewed_revision
from server.reports import facts as report
from server.reports.words import translator
from server.storage.appeals import Appeal
from server.storage.organisation import Outlet, User
from server.storage.visits import Report, Revision, Visit, VisitFile
from server.usecases.report_photos import photos_of
from server.usecases.work import Work


def older(
    work: Work, visit: Visit, revision: Revision, edition: str, language: str, report_id: UUID
) -> report.Superseded | None:
    """The last report before this one in the same edition and language: of an earlier revision, or of the same one when a
    photograph was withheld since."""
    found = work.session.exec(
        select(Report)
        .where(
            Report.visit_id == visit.id,
            Report.edition == edition,
            Report.language == language,
            col(Report.revision) <= revision.number,
            Report.id != report_id,
        )
        .order_by(col(Report.revision).desc(), col(Report.number).desc())
    ).first()
    return report.Superseded(report_id=str(found.id), number=found.number) if found else None


def is_correction(work: Work, visit: Visit, revision: Revision) -> bool:
    """Whether somebody else than the inspector made this revision after the review: it was never sent in."""
    reviewed = reviewed_revision(work.session, visit.id)
    return revision.number > (reviewed or 1) and revision.author_id != visit.inspector_id


def corrections(
    work: Work, visit: Visit, revision: Revision, checklist: dict[str, Any], language: report.Language
) -> tuple[report.Correction, ...]:
    """The upheld appeals that led up to this revision, oldest first."""
    if not is_correction(work, visit, revision):
        return ()
    texts = {
        item["id"]: item["text"][language] for section in checklist["sections"] for item in section["items"]
    }
    upheld = work.session.exec(
        select(Appeal)
        .where(
            Appeal.visit_id == visit.id,
            Appeal.state == AppealState.UPHELD,
            col(Appeal.corrected_revision) <= revision.number,
        )
        .order_by(col(Appeal.corrected_revision))
    )
    return tuple(
        report.Correction(
            ref=each.item_id,
            text=texts.get(each.item_id, ""),
            before=two_decimals(each.score_before) if each.score_before is not None else None,
            after=two_decimals(each.score_after) if each.score_after is not None else None,
        )
        for each in upheld
    )


def recheck(
    work: Work, visit: Visit, items: tuple[report.Item, ...], language: report.Language, *, inner: bool
) -> report.Recheck | None:
    """What a recheck looks at again; None for other visits. Photographs of a covert first visit reach the outlet masked."""
    first = work.session.get(Visit, visit.recheck_of) if visit.recheck_of else None
    if first is None or first.accepted_revision is None:
        return None
    say = translator(language)
    revision = work.session.get_one(Revision, (first.id, first.accepted_revision))
    document = VisitDocument.model_validate_json(revision.document)
    checklist = checklists.compiled(work.connection, first.checklist_id, first.checklist_version)
    result = scored(
        checklist, facts_at(revision, first, work.session.get_one(Outlet, first.outlet_id)), document
    )
    inspector = work.session.get_one(User, first.inspector_id)
    bare = not inner and is_covert(first.kind, Role(inspector.role))
    photos = photos_of(work, first, _arrived(work, first), say, bare=bare)
    seen = parts(checklist, document, result, language, say)
    shown_then = untraced(seen, checklist, say) if bare else seen
    before = {one.item["id"]: one for part in shown_then for one in part.items}
    looked_at = [item for item in items if item.result in ("met", "partly", "failed") and item.ref in before]
    failed_then = [item for item in looked_at if before[item.ref].result in ("failed", "partly")]
    shown = failed_then or looked_at
    taken = {
        file.sha256
        for item in shown
        for file in before[item.ref].files
        if file.kind in releases.KINDS and file.sha256 in photos.arrived
    }
    return report.Recheck(
        day=first.visit_date,
        report=_number(work, first, "inner" if inner else "outlet", language),
        items=tuple(
            report.Rechecked(
                item=item,
                before=_result(before[item.ref].result),
                answer_before=before[item.ref].words,
                photos_before=photos.of(before[item.ref]),
            )
            for item in shown
        ),
        withheld=len(taken - set(photos.released) - set(photos.gone)) if bare else 0,
    )


def kinds(work: Work, visit: Visit) -> dict[str, str]:
    """The kinds of the first visit's files by their names; none where the visit is no recheck."""
    first = work.session.get(Visit, visit.recheck_of) if visit.recheck_of else None
    return {name: file.kind for name, file in _arrived(work, first).items()} if first else {}


def _arrived(work: Work, visit: Visit) -> dict[str, VisitFile]:
    rows = work.session.exec(select(VisitFile).where(VisitFile.visit_id == visit.id))
    return {file.sha256: file for file in rows}


def _number(work: Work, visit: Visit, edition: str, language: str) -> str | None:
    found = work.session.exec(
        select(Report.number)
        .where(
            Report.visit_id == visit.id,
            Report.edition == edition,
            Report.revision == visit.accepted_revision,
            col(Report.language).in_(("zh", language)),
        )
        .order_by(col(Report.language) == language)
    ).all()
    return found[-1] if found else None


def _result(found: str) -> report.Result:
    known: dict[str, report.Result] = {
        "met": "met", "partly": "partly", "failed": "failed", "na": "na", "pending": "pending"
    }  # fmt: skip
    return known.get(found, "record")
