"""Files of records other than visits, proofs of corrective actions, appeals and weak items: from a form, and what uploads ask of them."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from sqlmodel import col, func, select

from server.domain.actions import RecordFileUnfit, RecordNotYours
from server.domain.errors import PhotoTooLarge, PhotoUnreadable, TooManyPhotos
from server.gateways import pictures
from server.storage.database import hold
from server.storage.record_files import RecordFile
from server.storage.visits import Upload
from server.usecases.work import Work

KIND = {"action": "photo", "appeal": "proof", "weak-item": "photo"}
"""As which kind the store keeps the files of each sort of record; PDF is taken with appeals alone."""


def keep(work: Work, subject: str, record_id: UUID, data: bytes, name: str = "") -> RecordFile:
    """Keep a file that came with a form of the console, judged by its content; the same bytes again are the same file.

    `name`, as the browser gave it, is read by nobody. Whether the actor may add to the record is for the caller to know.
    Raises PhotoTooLarge, PhotoUnreadable, PhotoTooManyPixels, TooManyPhotos, RecordFileUnfit.
    """
    limits = work.settings.limits
    if len(data) > limits.photo_bytes:
        raise PhotoTooLarge(limit=limits.photo_bytes)
    hold(work.connection, record_id)
    digest = sha256(data).hexdigest()
    known = work.session.get(RecordFile, (record_id, digest))
    if known is not None:
        return known
    refuse_many(work, record_id)
    with tempfile.NamedTemporaryFile(dir=work.settings.uploads, prefix="form-") as file:
        file.write(data)
        file.flush()
        judged = judge(Path(file.name), subject, limits.megapixels)
    work.files.put(data, kind=KIND[subject])
    return arrive(work, subject, record_id, digest, len(data), judged)


def judge(path: Path, subject: str, megapixels: int) -> pictures.Judged:
    """What a file turned out to be. Raises PhotoUnreadable, PhotoTooManyPixels, RecordFileUnfit."""
    if path.stat().st_size == 0:
        raise PhotoUnreadable()
    if pictures.is_pdf(path):
        if subject != "appeal":
            raise RecordFileUnfit()
        return pictures.Judged("application/pdf")
    return pictures.picture(path, megapixels)


def arrive(
    work: Work, subject: str, record_id: UUID, digest: str, length: int, judged: pictures.Judged
) -> RecordFile:
    """Write down that a file has arrived for a record."""
    file = RecordFile(
        record_id=record_id,
        sha256=digest,
        subject=subject,
        kind=KIND[subject],
        type=judged.type,
        bytes=length,
        width=judged.width,
        height=judged.height,
        uploader_id=UUID(work.viewer.user_id),
        arrived_at=work.now,
    )
    work.session.add(file)
    work.session.flush()
    work.record("photo.arrived", subject, record_id, sha256=digest, bytes=length)
    return file


def arrived(work: Work, record_id: UUID) -> dict[str, RecordFile]:
    """The files that are here for a record, by SHA-256."""
    rows = work.session.exec(
        select(RecordFile).where(RecordFile.record_id == record_id, col(RecordFile.expired_at).is_(None))
    )
    return {row.sha256: row for row in rows}


def refuse_strangers(work: Work, record_id: UUID) -> None:
    """Before a record itself has come, whoever sent the first file of its id has it. Raises RecordNotYours."""
    senders = set(
        work.session.exec(select(RecordFile.uploader_id).where(RecordFile.record_id == record_id))
    ) | set(work.session.exec(select(Upload.user_id).where(Upload.visit_id == record_id)))
    if senders - {work.actor_id}:
        raise RecordNotYours()


def refuse_many(work: Work, record_id: UUID) -> None:
    """Raises TooManyPhotos where a record has as many files as a visit may have."""
    limit = work.settings.limits.photos_per_visit
    count = work.session.exec(
        select(func.count()).select_from(RecordFile).where(RecordFile.record_id == record_id)
    ).one()
    if count >= limit:
        raise TooManyPhotos(limit=limit)
