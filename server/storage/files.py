"""Photos and PDFs by SHA-256 in an object store (a folder or S3), unfinished uploads, and thumbnails."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, S3Store

from server.config import owner_only
from server.domain.errors import StorageFull, UploadBusy

_PIECE = 5 << 20
"""Bytes of a large file that are in memory at once; S3 takes no smaller parts."""


class Files:
    """The object store: bytes under names made from their SHA-256, never changed once written."""

    def __init__(self, url: str, uploads: Path) -> None:
        """`url` is folder:///path, or s3://bucket?endpoint=…&region=… with credentials in the environment."""
        self.uploads = uploads
        uploads.mkdir(parents=True, exist_ok=True)
        parts = urlsplit(url)
        self._folder: Path | None = None
        self._store: LocalStore | S3Store
        if parts.scheme == "folder":
            self._folder = Path(parts.netloc + parts.path)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            owner_only(self._folder)
            self._store = LocalStore(self._folder)
        else:
            options = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self._store = S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                endpoint=options.get("endpoint"),
                region=options.get("region", "us-east-1"),
                virtual_hosted_style_request=False,
                client_options={"allow_http": True},
            )

    def put(self, data: bytes, *, kind: str = "photo") -> str:
        """Keep bytes durably; returns their SHA-256. Keeping the same bytes twice is harmless."""
        name = sha256(data).hexdigest()
        self._put(_key(kind, name), data)
        return name

    def put_named(self, name: str, data: bytes) -> None:
        """Keep derived bytes (a thumbnail) under a name of our own; they can be made again."""
        obstore.put(self._store, name, data)

    def put_file(self, name: str, path: Path) -> None:
        """Keep a file's content under a name of our own, piece by piece, so that its size costs no memory."""
        obstore.put(self._store, name, path, chunk_size=_PIECE, max_concurrency=2)

    def pieces(self, name: str) -> Iterator[bytes]:
        """What `put_file` kept, piece by piece. Raises FileNotFoundError."""
        found = obstore.get(self._store, name)
        return (bytes(piece) for piece in found.stream(min_chunk_size=_PIECE))

    def get(self, digest: str, *, kind: str = "photo") -> bytes:
        """The bytes with this SHA-256. Raises FileNotFoundError."""
        return bytes(obstore.get(self._store, _key(kind, digest)).bytes())

    def get_named(self, name: str) -> bytes | None:
        """Derived bytes by name, or None."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None

    def delete_named(self, name: str) -> None:
        """Forget derived bytes; where there are none nothing happens."""
        with suppress(FileNotFoundError):
            obstore.delete(self._store, name)

    def has(self, digest: str, *, kind: str = "photo") -> bool:
        """Whether the store holds bytes with this SHA-256."""
        try:
            obstore.head(self._store, _key(kind, digest))
        except FileNotFoundError:
            return False
        return True

    def delete(self, digest: str, *, kind: str) -> None:
        """Forget bytes whose time has come; where there are none nothing happens."""
        with suppress(FileNotFoundError):
            obstore.delete(self._store, _key(kind, digest))

    def names(self, *, kind: str = "photo") -> Iterator[str]:
        """The SHA-256 of everything of a kind, for the doctor."""
        for page in obstore.list(self._store, prefix=kind):
            for entry in page:
                yield entry["path"].rsplit("/", 1)[-1]

    def upload_path(self, upload_id: UUID) -> Path:
        """Where the bytes of an unfinished upload lie."""
        return self.uploads / upload_id.hex

    @contextmanager
    def held_upload(self, upload_id: UUID) -> Iterator["HeldUpload"]:
        """The bytes of an upload, for this request alone until the block ends.

        Raises UploadBusy when another request or process holds them.
        """
        path = self.upload_path(upload_id)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                # The system lets go of the lock by itself when the process is killed.
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _same_file(descriptor, path):
                    yield HeldUpload(self, path, descriptor)
                    return
            except BlockingIOError:
                raise UploadBusy() from None
            finally:
                os.close(descriptor)

    def keep_upload(self, path: Path, digest: str, *, kind: str = "photo") -> None:
        """Give the bytes of a finished upload their place in the store under their (checked) SHA-256."""
        if self._folder is None:
            self._put(_key(kind, digest), path.read_bytes())
            return
        # Within one file system a second name costs nothing, where a copy would write each photo twice.
        target = self._folder / _key(kind, digest)
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync(target.parent.parent)
        try:
            os.link(path, target)
        except FileExistsError:
            return
        except OSError:
            self._put(_key(kind, digest), path.read_bytes())
            return
        _sync(target.parent)

    def drop_upload(self, upload_id: UUID) -> None:
        """Forget the bytes of an unfinished upload."""
        self.upload_path(upload_id).unlink(missing_ok=True)

    def left_uploads(self) -> Iterator[tuple[UUID, datetime]]:
        """Each file of the uploads folder with the instant of its last byte."""
        for path in self.uploads.iterdir():
            with suppress(FileNotFoundError):
                yield UUID(path.name), datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def free_bytes(self) -> int:
        """Free space where uploads lie."""
        return shutil.disk_usage(self.uploads).free

    def _put(self, key: str, data: bytes) -> None:
        try:
            obstore.put(self._store, key, data, mode="create")
        except AlreadyExistsError:
            return
        if self._folder is not None:
            _sync(self._folder / key)
            _sync((self._folder / key).parent)


class HeldUpload:
    """The bytes of one upload while one request holds them."""

    def __init__(self, files: Files, path: Path, descriptor: int) -> None:
        self.path = path
        self._files = files
        self._descriptor = descriptor

    def append(self, offset: int, chunks: Iterable[bytes]) -> int:
        """Write chunks from `offset` on, durably, over what an earlier cut left there; returns how many bytes.

        Raises StorageFull; what was written before stays.
        """
        try:
            os.ftruncate(self._descriptor, offset)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            written = 0
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[os.write(self._descriptor, view) :]
                written += len(chunk)
            os.fsync(self._descriptor)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise StorageFull() from error
            raise
        return written

    def cut(self, length: int) -> None:
        """Forget the bytes behind `length`."""
        os.ftruncate(self._descriptor, length)

    def name_durably(self) -> None:
        """Make sure that the file is found again after the power failed."""
        _sync(self._files.uploads)

    def digest(self) -> str:
        """The SHA-256 of all bytes."""
        whole = sha256()
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        while chunk := os.read(self._descriptor, 1 << 18):
            whole.update(chunk)
        return whole.hexdigest()

    def keep(self, digest: str, *, kind: str = "photo") -> None:
        """Give the bytes their place in the store."""
        self._files.keep_upload(self.path, digest, kind=kind)


def _same_file(descriptor: int, path: Path) -> bool:
    """Whether the open file still has this name: who held it before may have finished and dropped it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _key(kind: str, digest: str) -> str:
    return f"{kind}/{digest[:2]}/{digest}"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
