"""Taking in rescue files: a colleague carries what another phone could not send, and each visit is its author's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlmodel import col, select

from server.config import Settings
from server.domain.access import Permission, Viewer
from server.domain.errors import (
    BodyCut,
    EtagMissing,
    Problem,
    StorageBusy,
    StorageFull,
    TooLarge,
    UploadBusy,
    VisitEtagOld,
    VisitIncomplete,
    VisitNotYours,
    VisitStateForbids,
)
from server.domain.rescue import (
    TAKEN,
    Carried,
    CarriedVisit,
    Manifest,
    Outcome,
    RescueForged,
    laid_open,
    parsed,
    short,
)
from server.domain.visit import VisitDocument, VisitState
from server.gateways import rescue_file, rescue_keys
from server.queries import scope
from server.storage import visit_rows as rows
from server.storage.database import hold
from server.storage.events import Event
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import people, uploads, visits
from server.usecases.visit_checks import document_files
from server.usecases.work import Office, Work

_CLOSED = (VisitState.VOID, VisitState.DISCARDED)
_LATER = (StorageFull, StorageBusy, UploadBusy)
"""What has nothing to do with the visit: the carrier sends the whole file again, and nothing is lost by that."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a phone needs to pack a rescue file without network: the key, its name, its user's pass, and the limit."""

    name: str
    key: str
    pass_: str
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a visit, for who may see more than its carrier: where it was made, why not, and its content.

    `content` is JSON, and there where the visit was not taken, or the file holds versions of it that lost a choice.
    """

    carried: Carried
    outlet: str = ""
    problem: Problem | None = None
    content: str | None = None


def folder(settings: Settings) -> Path:
    """Where the key of rescue files lies: beside that of receipts."""
    return settings.data / "authority"


def ready(settings: Settings) -> None:
    """Load the key, made at the first time. Raises WrongSetting where its file is none."""
    rescue_keys.own(folder(settings))


def invitation(settings: Settings, viewer: Viewer) -> Invitation | None:
    """What this user's phone packs with; None for who makes no visits. Raises WrongSetting where the key's file is none."""
    if not viewer.may(Permission.INSPECT):
        return None
    key = rescue_keys.own(folder(settings))
    most = settings.limits.rescue_bytes
    return Invitation(key.name, key.public, key.pass_of(viewer.user_id), most)


@contextmanager
def spooled(office: Office, chunks: Iterable[bytes], announced: int | None) -> Iterator[BinaryIO]:
    """The bytes of a request as a file on the disk that has no name, still sealed.

    Raises TooLarge, BodyCut where fewer came than were announced, StorageFull.
    """
    most, arrived = office.settings.limits.rescue_bytes, 0
    if announced is not None and announced > most:
        raise TooLarge(limit=most)
    with tempfile.TemporaryFile(dir=office.settings.data) as file:
        try:
            for chunk in chunks:
                arrived += len(chunk)
                if arrived > most:
                    raise TooLarge(limit=most)
                file.write(chunk)
            file.flush()
        except OSError as error:
            if error.errno in (ENOSPC, EDQUOT, EFBIG):
                raise StorageFull() from error
            raise
        if announced is not None and arrived < announced:
            raise BodyCut(announced=announced, arrived=arrived)
        yield file


def take_in(office: Office, carrier: Viewer, sealed: BinaryIO) -> list[Told]:
    """Take in what a rescue file holds, each visit as its author's and by the rules of its own phone, each by itself.

    The same file again changes nothing and answers the same. Nothing is stored of a file that is not whole and right to
    its last byte. Visits of a user who was disabled since are not taken: nobody lets his phone in either; who may open
    them finds them in the answer. Raises NotAllowed, RescueNone, RescueKeyUnknown, RescueDamaged, RescueForged; StorageFull, StorageBusy and UploadBusy where the carrier has to send again.
    """
    opened = rescue_file.opened(sealed, folder(office.settings), office.settings.limits)
    manifest = opened.manifest
    author, disabled = _author(office, carrier, opened)
    found = [_save(office, carrier, author, visit, manifest, disabled=disabled) for visit in manifest.visits]
    documents = {
        each.document.id: each.document
        for each in found
        if each.document is not None and each.outcome in TAKEN
    }
    named = [(document, document_files(document)) for document in documents.values()]
    for file, data in zip(manifest.files, opened.files(), strict=True):
        for document, kinds in named:
            # What no visit names, and what is too large for any, is left out; a visit that lacks it says so.
            if data is not None and file.sha256 in kinds:
                _keep_file(office, author, document, file.sha256, kinds[file.sha256], data)
    return [_told(office, carrier, author, manifest.pass_, each) for each in found]


@dataclass(frozen=True, slots=True)
class _Found:
    visit: CarriedVisit
    outcome: Outcome
    document: VisitDocument | None = None
    problem: Problem | None = None


def _author(office: Office, carrier: Viewer, opened: rescue_file.Opened) -> tuple[Viewer, bool]:
    """Whose visits these are, and whether he was disabled. Raises NotAllowed, RescueForged."""
    with office.work(carrier, write=False) as work:
        work.needs(Permission.CARRY)
        user = work.session.get(User, UUID(opened.manifest.user))
        if user is None:
            raise RescueForged()
        return people.viewer_of(user), user.disabled_at is not None


def _save(
    office: Office,
    carrier: Viewer,
    author: Viewer,
    visit: CarriedVisit,
    manifest: Manifest,
    *,
    disabled: bool,
) -> _Found:
    document: VisitDocument | None = None
    problem: Problem | None = None
    outcome = Outcome.DISABLED
    try:
        document = _heard(office, parsed(visit, office.settings.limits.document_bytes))
        if not disabled:
            with office.work(author) as work:
                outcome = _saved(work, carrier, document, visit, manifest)
            return _Found(visit, outcome, document)
    except _LATER:
        raise
    except Problem as refused:
        problem = refused
        other = isinstance(refused, VisitEtagOld | VisitStateForbids)
        outcome = Outcome.OTHER if other else Outcome.REFUSED
    with office.work(carrier) as work:
        if not _was_refused(work, visit):
            code = problem.code if problem else outcome.value
            facts = {"author": author.user_id, "code": code, "mark": visit.mark}
            work.record("visit.rescue-refused", "visit", visit.id, **facts)
    return _Found(visit, outcome, document, problem)


def _was_refused(work: Work, visit: CarriedVisit) -> bool:
    """Whether the log says so of this packing already: the same file may come many times."""
    return (
        work.session.exec(
            select(Event.id).where(
                Event.subject_id == visit.id,
                Event.name == "visit.rescue-refused",
                col(Event.facts).contains(f'"mark":"{visit.mark}"', autoescape=True),
            )
        ).first()
        is not None
    )


def _heard(office: Office, document: VisitDocument) -> VisitDocument:
    """The document as its own phone would send it: without voice notes where no ground for them is on record."""
    if office.settings.voice_ground:
        return document
    files = [file for file in document.files if file.kind != "audio"]
    return document.model_copy(update={"files": files})


def _saved(
    work: Work, carrier: Viewer, document: VisitDocument, visit: CarriedVisit, manifest: Manifest
) -> Outcome:
    """Save the document as its author's; what changed something gets this file's mark as its etag, and an event."""
    work.needs(Permission.INSPECT)
    visit_id = UUID(visit.id)
    hold(work.connection, visit_id)
    before = rows.visit(work.connection, visit_id)
    seen = {*visit.marks, *([visit.etag] if visit.etag else [])}
    # By the mark the author's phone, which heard nothing, knows its own document again.
    answer = visits.save(work, document, if_match=seen, only_new=visit.etag is None, mark=visit.mark)
    if before is None or before["etag"] != answer.etag:
        work.record(
            "visit.rescued", "visit", visit_id, carrier=carrier.user_id, packed_at=manifest.at.isoformat()
        )
    return _outcome(answer)


def _outcome(answer: visits.Saved | VisitIncomplete) -> Outcome:
    if isinstance(answer, VisitIncomplete):
        return Outcome.INCOMPLETE
    if answer.state in _CLOSED:
        return Outcome.OTHER
    if answer.state in (VisitState.DRAFT, VisitState.RETURNED):
        return Outcome.DRAFT
    return Outcome.RECEIVING if answer.files_missing else Outcome.WHOLE


def _keep_file(
    office: Office, author: Viewer, document: VisitDocument, sha256: str, kind: str, data: bytes
) -> None:
    """Keep a file for a visit that names it, by the checks of every upload; one that fails them stays missing."""
    item = next((file.item for file in document.files if file.sha256 == sha256), None)
    wanted = uploads.Wanted(sha256, len(data), UUID(document.id), item, kind)
    try:
        uploads.begin(office, author, wanted, uploads.Body([data], len(data)))
    except _LATER:
        raise
    except Problem:
        # What was refused is in the log, and the visit's answer counts it as missing.
        return


def _told(office: Office, carrier: Viewer, author: Viewer, pass_: str, found: _Found) -> Told:
    """What this carrier hears of a visit, as it stands after its files came."""
    receipt, missing, outcome = None, 0, found.outcome
    if found.document is not None and outcome in TAKEN:
        with office.work(author) as work, suppress(EtagMissing, VisitNotYours):
            # The same document again changes nothing and answers with what is; one that was saved since stays.
            answer = visits.save(work, found.document)
            outcome = _outcome(answer)
            if not isinstance(answer, VisitIncomplete):
                receipt = answer.receipt["number"] if answer.receipt else None
                missing = len(answer.files_missing)
    carried = Carried(short(pass_, found.visit.mark), outcome, receipt, missing)
    if not carrier.may(Permission.OPEN_CARRIED):
        return Told(carried)
    # What lost a choice on the phone was never saved here, also where the visit itself was.
    content = None if outcome in TAKEN and not found.visit.kept else laid_open(found.visit)
    return Told(carried, _outlet(office, carrier, found), found.problem, content)


def _outlet(office: Office, carrier: Viewer, found: _Found) -> str:
    with office.work(carrier, write=False) as work:
        visit = work.session.get(Visit, UUID(found.visit.id))
        outlet_id = visit.outlet_id if visit else found.document and UUID(found.document.outlet_id)
        name = select(Outlet.name).where(col(Outlet.id) == outlet_id, scope.outlets(carrier))
        return work.session.exec(name).first() or ""
