"""Uploads by tus: begin, append, finish; the bytes, their hash and the picture are judged before anything counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from sqlmodel import col, delete, select

from server.domain import voice
from server.domain.access import Viewer
from server.domain.errors import (
    ChecksumWrong,
    NotFound,
    PhotoHashWrong,
    PhotoTooLarge,
    PhotoUnreadable,
    Problem,
    StorageBusy,
    StorageFull,
    TooManyPhotos,
    UploadBusy,
    UploadGone,
    UploadOffsetWrong,
    VisitNotYours,
    VisitStateForbids,
)
from server.domain.visit import VisitState
from server.gateways import pictures, sounds
from server.storage import visit_rows as rows
from server.storage.database import hold, hold_file
from server.storage.files import HeldUpload
from server.storage.record_files import RecordFile
from server.storage.visits import Upload, Visit, VisitFile
from server.usecases import actions, appeals, record_files, visits
from server.usecases.visit_checks import named_files
from server.usecases.work import Office, Work

KINDS = ("photo", "original", "signature", "audio", "proof")
CHECKSUMS = ("sha1", "sha256")
VISIT = "visit"
RECORDS = {"action": actions, "appeal": appeals}
"""The records beside visits that have files: `may_attach` says who may add one, `complete_if_whole` hears of each."""
_MAY_COME_ANEW = (None, VisitState.DRAFT, VisitState.RECEIVING, VisitState.RETURNED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a phone announces: the file's SHA-256 and length in bytes, for which visit and item, as which kind.

    `subject` is what `record_id` is the id of: a visit, or one of `RECORDS`.
    """

    sha256: str
    length: int
    record_id: UUID
    item_id: str | None = None
    kind: str = "photo"
    subject: str = VISIT


@dataclass(frozen=True, slots=True)
class Arrived:
    """Which file of which visit, or other record, an upload became."""

    record_id: UUID
    sha256: str


@dataclass(slots=True)
class Body:
    """The bytes of one request as they come in; `announced` bytes were promised, `checksum` is (algorithm, digest)."""

    chunks: Iterable[bytes]
    announced: int | None = None
    checksum: tuple[str, bytes] | None = None
    arrived: int = field(default=0, init=False)
    hashes: dict[str, hashlib._Hash] = field(default_factory=dict, init=False)

    def read(self, most: int) -> Iterator[bytes]:
        """Yield the chunks, counting and hashing. Raises PhotoTooLarge beyond `most` bytes."""
        names = {"sha256", self.checksum[0]} if self.checksum else {"sha256"}
        self.hashes = {name: hashlib.new(name, usedforsecurity=False) for name in names}
        for chunk in self.chunks:
            self.arrived += len(chunk)
            if self.arrived > most:
                raise PhotoTooLarge(limit=most)
            for each in self.hashes.values():
                each.update(chunk)
            yield chunk

    @property
    def cut(self) -> bool:
        """Whether fewer bytes came than were promised."""
        return self.announced is not None and self.arrived < self.announced

    @property
    def wrong(self) -> bool:
        """Whether the bytes of this request, all of them here, do not match their checksum."""
        return (
            self.checksum is not None
            and not self.cut
            and self.hashes[self.checksum[0]].digest() != self.checksum[1]
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an upload is, in bytes; `expires_at` is None once it is finished."""

    id: UUID
    offset: int
    length: int
    expires_at: datetime | None


def begin(office: Office, viewer: Viewer, wanted: Wanted, body: Body | None = None) -> Standing:
    """Open an upload, with its first bytes where a body comes along.

    The same file for the same visit is the same upload: what has arrived already is not asked for again.
    Raises PhotoTooLarge, TooManyPhotos, VisitNotYours, VoiceNotesOff, VisitStateForbids (sound of a decided
    visit), UploadBusy, StorageFull, and what finishing raises.
    """
    limit = office.settings.limits.photo_bytes
    if wanted.length > limit:
        raise PhotoTooLarge(limit=limit)
    _refuse_sound(office, wanted)
    upload_id = uuid5(UUID(viewer.user_id), f"{wanted.record_id}:{wanted.sha256}:{wanted.length}")
    with office.work(viewer, write=False) as work:
        found = _look(work, upload_id, wanted)
    if found["there"]:
        return _already_there(upload_id, wanted, body)
    with office.files.held_upload(upload_id) as held:
        offset = _offset(office, viewer, upload_id) if found["begun"] else 0
        if body is None:
            held.name_durably()
            return _remember(office, viewer, upload_id, wanted, offset)
        # A second try brings the whole file again: what is here already is skipped.
        return _take(office, viewer, upload_id, wanted, held, offset, body, skip=offset)


def append(office: Office, viewer: Viewer, upload_id: UUID, offset: int, body: Body) -> Standing:
    """Add bytes at `offset`; finishes the upload when they were the last ones.

    Bytes that came before the connection broke are kept. Raises NotFound, UploadGone, UploadOffsetWrong,
    UploadBusy, ChecksumWrong (nothing of the request is kept), PhotoTooLarge, StorageFull, PhotoHashWrong,
    PhotoUnreadable, PhotoTooManyPixels, SoundUnreadable, VoiceNotesOff.
    """
    with office.files.held_upload(upload_id) as held:
        with office.work(viewer, write=False) as work:
            upload = _upload(work, upload_id)
        if upload is None:
            held.path.unlink(missing_ok=True)
            raise NotFound()
        _refuse_gone(upload, office.clock())
        if offset != upload["received"]:
            raise UploadOffsetWrong(offset=upload["received"])
        if upload["finished_at"] is not None:
            held.path.unlink(missing_ok=True)
            return _standing(upload)
        wanted = Wanted(
            upload["sha256"],
            upload["length"],
            upload["visit_id"],
            upload["item_id"],
            upload["kind"],
            upload["subject"],
        )
        _refuse_sound(office, wanted)
        if body.announced is not None and body.announced > wanted.length - offset:
            raise PhotoTooLarge(limit=wanted.length - offset)
        return _take(office, viewer, upload_id, wanted, held, offset, body, skip=0)


def standing(work: Work, upload_id: UUID, arrived: Arrived | None = None) -> Standing:
    """How far an upload is. Raises NotFound, UploadGone.

    A file that came in one request never had an upload of its own; `arrived` says which file it became.
    """
    upload = _upload(work, upload_id)
    if upload is None:
        file = arrived and _file(work, arrived)
        if not file or file.uploader_id != work.actor_id:
            raise NotFound()
        return Standing(upload_id, file.bytes, file.bytes, None)
    _refuse_gone(upload, work.now)
    return _standing(upload)


def drop(office: Office, viewer: Viewer, upload_id: UUID) -> None:
    """End an upload; what was finished stays as evidence of its visit. Raises NotFound, UploadBusy."""
    with office.files.held_upload(upload_id) as held, office.work(viewer) as work:
        upload = _upload(work, upload_id)
        held.path.unlink(missing_ok=True)
        if upload is None:
            raise NotFound()
        work.session.exec(delete(Upload).where(col(Upload.id) == upload_id))
        work.record("upload.dropped", "upload", upload_id, **_of(upload["subject"], upload["visit_id"]))


def expire(office: Office, most: int = 500) -> int:
    """Forget uploads that were left alone for too long, and bytes that belong to none; returns how many.

    Run by the worker; repeating it changes nothing.
    """
    forgotten = 0
    with office.work(write=False) as work:
        old = work.session.exec(
            select(Upload.id, Upload.finished_at).where(col(Upload.expires_at) <= work.now).limit(most)
        ).all()
        living = set(work.session.exec(select(Upload.id).where(col(Upload.expires_at) > work.now)))
        edge = work.now - timedelta(hours=office.settings.limits.upload_hours)
    for upload_id, finished_at in old:
        try:
            with office.files.held_upload(upload_id) as held, office.work() as work:
                upload = work.session.get(Upload, upload_id)
                if upload is None or upload.expires_at > work.now:
                    continue
                work.session.delete(upload)
                if finished_at is None:
                    of = _of(upload.subject, upload.visit_id)
                    work.record("upload.expired", "upload", upload_id, bytes=upload.offset, **of)
                    forgotten += 1
                held.path.unlink(missing_ok=True)
        except UploadBusy:
            continue
    for upload_id, last in office.files.left_uploads():
        if last < edge and upload_id not in living:
            office.files.drop_upload(upload_id)
    return forgotten


def _take(
    office: Office,
    viewer: Viewer,
    upload_id: UUID,
    wanted: Wanted,
    held: HeldUpload,
    offset: int,
    body: Body,
    *,
    skip: int,
) -> Standing:
    try:
        chunks = _without(body.read(wanted.length - offset + skip), skip)
        reached = offset + held.append(offset, chunks)
    except Problem:
        held.cut(offset)
        raise
    if body.wrong:
        held.cut(offset)
        raise ChecksumWrong()
    if reached < wanted.length:
        held.name_durably()
        return _remember(office, viewer, upload_id, wanted, reached)
    digest = held.digest() if offset else body.hashes["sha256"].hexdigest()
    return _finish(office, viewer, upload_id, wanted, held, digest)


def _finish(
    office: Office,
    viewer: Viewer,
    upload_id: UUID,
    wanted: Wanted,
    held: HeldUpload,
    digest: str,
) -> Standing:
    try:
        if digest != wanted.sha256:
            raise PhotoHashWrong()
        judged = _judged(held.path, wanted, office.settings.limits.megapixels)
        if wanted.kind != "audio":
            held.keep(wanted.sha256, kind=wanted.kind)
        _count(office, viewer, upload_id, wanted, held, judged)
    except (StorageBusy, StorageFull):
        # The phone tries again later, and all that came is here.
        raise
    except Problem as problem:
        with office.work(viewer) as work:
            work.session.exec(delete(Upload).where(col(Upload.id) == upload_id))
            of = _of(wanted.subject, wanted.record_id)
            work.record("upload.refused", "upload", upload_id, code=problem.code, **of)
        held.path.unlink(missing_ok=True)
        raise
    held.path.unlink(missing_ok=True)
    return Standing(upload_id, wanted.length, wanted.length, None)


def _count(
    office: Office, viewer: Viewer, upload_id: UUID, wanted: Wanted, held: HeldUpload, judged: pictures.Judged
) -> None:
    """Write down that the file has arrived, unless it had. Raises VisitNotYours, TooManyPhotos, VisitStateForbids."""
    # Sixteen at once wait for their turn before they take a connection, which costs half a megabyte, and not with it.
    with office.database.desk(), office.work(viewer) as work:
        hold(work.connection, wanted.record_id)
        found = _look(work, upload_id, wanted)
        if not found["there"] and wanted.subject != VISIT:
            record_files.arrive(work, wanted.subject, wanted.record_id, wanted.sha256, wanted.length, judged)
            RECORDS[wanted.subject].complete_if_whole(work, wanted.record_id)
        elif not found["there"]:
            if wanted.kind == "audio":
                # Sound is deleted one day: no bytes without a row, and no row whose bytes go with another visit's.
                hold_file(work.connection, wanted.sha256)
                held.keep(wanted.sha256, kind=wanted.kind)
            if found["kind"] is not None:
                rows.forget_file(work.connection, wanted.record_id, wanted.sha256)
            _arrive(work, wanted, judged)
            if found["state"] is VisitState.RECEIVING:
                visits.complete_if_whole(work, wanted.record_id)
        if found["begun"]:
            _keep_row(work, upload_id, wanted, wanted.length, finished=True)


def _arrive(work: Work, wanted: Wanted, judged: pictures.Judged) -> None:
    rows.insert(
        work.connection,
        rows.FILES,
        {
            "visit_id": wanted.record_id,
            "sha256": wanted.sha256,
            "kind": wanted.kind,
            "item_id": wanted.item_id,
            "type": judged.type,
            "bytes": wanted.length,
            "width": judged.width,
            "height": judged.height,
            # The worker finds it when it makes the sizes.
            "dhash": None,
            "uploader_id": UUID(work.viewer.user_id),
            "arrived_at": work.now,
        },
    )
    work.record("photo.arrived", "visit", wanted.record_id, sha256=wanted.sha256, bytes=wanted.length)


def _already_there(upload_id: UUID, wanted: Wanted, body: Body | None) -> Standing:
    if body is not None:
        for _ in body.read(wanted.length):
            # Read to its end, so that the phone hears the answer instead of a broken connection.
            pass
    return Standing(upload_id, wanted.length, wanted.length, None)


def _remember(office: Office, viewer: Viewer, upload_id: UUID, wanted: Wanted, offset: int) -> Standing:
    with office.database.desk(), office.work(viewer) as work:
        return _keep_row(work, upload_id, wanted, offset, finished=False)


def _keep_row(work: Work, upload_id: UUID, wanted: Wanted, offset: int, *, finished: bool) -> Standing:
    changes: rows.Row = {
        "received": offset,
        "expires_at": work.now + timedelta(hours=work.settings.limits.upload_hours),
        "finished_at": work.now if finished else None,
        "item_id": wanted.item_id,
        "kind": wanted.kind,
    }
    if rows.upload(work.connection, upload_id, work.actor_id):
        rows.update(work.connection, rows.UPLOADS, upload_id, changes)
    else:
        rows.insert(
            work.connection,
            rows.UPLOADS,
            {
                "id": upload_id,
                "user_id": UUID(work.viewer.user_id),
                "visit_id": wanted.record_id,
                "subject": wanted.subject,
                "sha256": wanted.sha256,
                "type": "",
                "length": wanted.length,
                "created_at": work.now,
                **changes,
            },
        )
        if not finished:
            work.record("upload.begun", "upload", upload_id, **_of(wanted.subject, wanted.record_id))
    return Standing(upload_id, offset, wanted.length, None if finished else changes["expires_at"])


def _look(work: Work, upload_id: UUID, wanted: Wanted) -> rows.Row:
    """What is known of the file's visit (`visit_rows.for_file`). Raises VisitNotYours, TooManyPhotos.

    Before the visit itself has come, whoever sent the first file of its id is its inspector.
    """
    if wanted.subject != VISIT:
        return _look_at_record(work, upload_id, wanted)
    me = UUID(work.viewer.user_id)
    found = rows.for_file(work.connection, wanted.record_id, wanted.sha256, upload_id)
    if found["inspector_id"] is None:
        if rows.uploaders(work.connection, wanted.record_id) - {me}:
            raise VisitNotYours()
    elif found["inspector_id"] != me:
        raise VisitNotYours()
    limit = work.settings.limits.photos_per_visit
    known = found["kind"] is not None
    if not known and found["files"] >= limit and _beside(work, wanted) >= limit:
        raise TooManyPhotos(limit=limit)
    if wanted.kind == "audio" and not known and found["state"] in voice.DECIDED:
        # Nobody would hear it any more, and nothing would delete it.
        raise VisitStateForbids(state=found["state"])
    # Bytes that came as another kind were judged as that: until the visit is whole they may come anew, as may those
    # that lay too long before it went on.
    fits = found["kind"] == wanted.kind and found["expired_at"] is None
    found["there"] = known and (fits or found["state"] not in _MAY_COME_ANEW)
    return found


def _look_at_record(work: Work, upload_id: UUID, wanted: Wanted) -> rows.Row:
    """The same of a file for an action or an appeal. Raises RecordNotYours, TooManyPhotos."""
    known = work.session.get(RecordFile, (wanted.record_id, wanted.sha256))
    if known is None:
        RECORDS[wanted.subject].may_attach(work, wanted.record_id)
        record_files.refuse_many(work, wanted.record_id)
    elif known.uploader_id != work.actor_id:
        # Whoever knows the hash need not know that the file is here.
        RECORDS[wanted.subject].may_attach(work, wanted.record_id)
    return {"there": known is not None, "begun": _upload(work, upload_id) is not None}


def _beside(work: Work, wanted: Wanted) -> int:
    """How many files have arrived that the kept document does not name; 0 where it names this one.

    Photos and sound are counted apart. Photos that were taken again and dropped from the document do not use up
    its limit.
    """
    text = work.session.exec(select(Visit.document).where(Visit.id == wanted.record_id)).first()
    named = named_files(json.loads(text)) if text else {}
    if wanted.sha256 in named:
        return 0
    arrived = rows.arrived(work.connection, wanted.record_id)
    return sum(
        (kind == "audio") == (wanted.kind == "audio")
        for sha256, kind in arrived.items()
        if sha256 not in named
    )


def _refuse_sound(office: Office, wanted: Wanted) -> None:
    if wanted.kind == "audio" and not office.settings.voice_ground:
        raise voice.VoiceNotesOff()


def _judged(path: Path, wanted: Wanted, megapixels: int) -> pictures.Judged:
    if wanted.subject != VISIT:
        return record_files.judge(path, wanted.subject, megapixels)
    if wanted.kind == "audio":
        return sounds.sound(path)
    if wanted.kind == "proof" and pictures.is_pdf(path):
        return pictures.Judged("application/pdf")
    if path.stat().st_size == 0:
        raise PhotoUnreadable()
    return pictures.picture(path, megapixels)


def _file(work: Work, arrived: Arrived) -> VisitFile | RecordFile | None:
    key = (arrived.record_id, arrived.sha256)
    return work.session.get(VisitFile, key) or work.session.get(RecordFile, key)


def _of(subject: str, record_id: UUID) -> dict[str, str]:
    """The fact of an event that says whose file it is about."""
    return {subject: str(record_id)}


def _upload(work: Work, upload_id: UUID) -> rows.Row | None:
    return rows.upload(work.connection, upload_id, work.actor_id)


def _offset(office: Office, viewer: Viewer, upload_id: UUID) -> int:
    with office.work(viewer, write=False) as work:
        upload = _upload(work, upload_id)
    return int(upload["received"]) if upload and not upload["finished_at"] else 0


def _refuse_gone(upload: rows.Row, now: datetime) -> None:
    if upload["expires_at"] <= now and upload["finished_at"] is None:
        raise UploadGone()


def _standing(upload: rows.Row) -> Standing:
    expires_at = None if upload["finished_at"] else upload["expires_at"]
    return Standing(upload["id"], upload["received"], upload["length"], expires_at)


def _without(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """The chunks without their first `count` bytes."""
    for chunk in chunks:
        if count < len(chunk):
            yield chunk[count:] if count else chunk
        count = max(0, count - len(chunk))
