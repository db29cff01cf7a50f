"""Photos and PDFs by SHA-256 in an object store (a folder or S3), unfinished uploads, and thumbnails."""

import os
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, S3Store


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
            self._folder.mkdir(parents=True, exist_ok=True)
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

    def put_upload(self, upload_id: UUID, digest: str, *, kind: str = "photo") -> None:
        """Move the bytes of a finished upload into the store under their (already checked) SHA-256."""
        path = self.upload_path(upload_id)
        if self._folder is None:
            self._put(_key(kind, digest), path.read_bytes())
            return
        # Within one folder tree a second name costs nothing, where a copy would write each photo twice.
        target = self._folder / _key(kind, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(path)
        try:
            os.link(path, target)
        except FileExistsError:
            return
        except OSError:
            self._put(_key(kind, digest), path.read_bytes())
            return
        _sync(target.parent)

    def put_named(self, name: str, data: bytes) -> None:
        """Keep derived bytes (a thumbnail) under a name of our own; they can be made again."""
        obstore.put(self._store, name, data)

    def get(self, digest: str, *, kind: str = "photo") -> bytes:
        """The bytes with this SHA-256. Raises FileNotFoundError."""
        return bytes(obstore.get(self._store, _key(kind, digest)).bytes())

    def get_named(self, name: str) -> bytes | None:
        """Derived bytes by name, or None."""
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None

    def has(self, digest: str, *, kind: str = "photo") -> bool:
        """Whether the store holds bytes with this SHA-256."""
        try:
            obstore.head(self._store, _key(kind, digest))
        except FileNotFoundError:
            return False
        return True

    def names(self, *, kind: str = "photo") -> Iterator[str]:
        """The SHA-256 of everything of a kind, for the doctor."""
        for page in obstore.list(self._store, prefix=kind):
            for entry in page:
                yield entry["path"].rsplit("/", 1)[-1]

    def upload_path(self, upload_id: UUID) -> Path:
        """Where the bytes of an unfinished upload lie."""
        return self.uploads / upload_id.hex

    def append(self, upload_id: UUID, offset: int, data: bytes) -> None:
        """Write bytes of an upload at `offset`, durably; bytes beyond an earlier cut are written over."""
        path = self.upload_path(upload_id)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(descriptor, offset)
            os.lseek(descriptor, offset, os.SEEK_SET)
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def drop_upload(self, upload_id: UUID) -> None:
        """Forget the bytes of an unfinished upload."""
        self.upload_path(upload_id).unlink(missing_ok=True)

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


def _key(kind: str, digest: str) -> str:
    return f"{kind}/{digest[:2]}/{digest}"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
