"""Photos by their SHA-256, on a folder and on a real S3 server: kept once, durably, and moved in from uploads."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import obstore
import pytest
from obstore.exceptions import BaseError
from obstore.store import S3Store

from server.domain.errors import StorageFull, UploadBusy
from server.storage.files import Files
from tests.gunicorn import free_port

KEYS = {"AWS_ACCESS_KEY_ID": "xunting-test", "AWS_SECRET_ACCESS_KEY": "xunting-secret"}
CONFIG = """{"identities": [{"name": "test", "credentials": [{"accessKey": "xunting-test", "secretKey": "xunting-secret"}],
"actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}"""


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bucket on a SeaweedFS that this test run starts on loopback ports of its own."""
    for last in (False, False, False, True):
        process, endpoint, log = _seaweed(tmp_path_factory.mktemp("seaweed"))
        try:
            # It takes a second port for each, 10,000 above, which a client of somebody else may have just then.
            if _make_bucket(endpoint, process, log, last=last):
                yield f"s3://evidence?endpoint={endpoint}"
                return
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _seaweed(folder: Path) -> tuple[subprocess.Popen[bytes], str, Path]:
    """A SeaweedFS that starts, the address of its S3, and its log."""
    (folder / "s3.json").write_text(CONFIG)
    ports = {name: str(free_port()) for name in ("s3", "filer", "master", "volume")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(
                    str(Path(sys.executable).with_name("weed")),
                    "server",
                    "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1",
                    f"-dir={folder}",
                    "-s3",
                ),
                *(
                    f"-s3.port={ports['s3']}",
                    f"-s3.config={folder / 's3.json'}",
                    "-s3.port.iceberg=0",
                    "-s3.port.lance=0",
                ),
                *(f"-filer.port={ports['filer']}", f"-master.port={ports['master']}"),
                *(f"-volume.port={ports['volume']}", "-volume.max=5", "-master.volumeSizeLimitMB=64"),
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return process, f"http://127.0.0.1:{ports['s3']}", folder / "log"


def _make_bucket(endpoint: str, process: subprocess.Popen[bytes], log: Path, *, last: bool) -> bool:
    """Wait, within bounds, until the server keeps an object, which makes the bucket; False where it could not start."""
    pause = threading.Event()
    store = S3Store(
        "evidence",
        endpoint=endpoint,
        region="us-east-1",
        access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        virtual_hosted_style_request=False,
        client_options={"allow_http": True, "timeout": timedelta(seconds=5)},
        retry_config={"max_retries": 0},
    )
    for _ in range(300):
        if process.poll() is not None and not last:
            return False
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            obstore.put(store, "ready", b"yes")
        except BaseError:
            pause.wait(0.1)
        else:
            return True
    raise AssertionError(log.read_text(errors="replace")[-3000:])


@pytest.fixture(params=["folder", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """An object store, once in a folder and once on S3."""
    if request.param == "folder":
        return Files(f"folder://{tmp_path / 'files'}", tmp_path / "uploads")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    address = request.getfixturevalue("s3").replace("evidence", f"evidence/{uuid4().hex}", 1)
    return Files(address, tmp_path / "uploads")


def test_bytes_are_found_under_their_sha256_and_kept_once(files: Files) -> None:
    data = os.urandom(50_000)
    name = files.put(data)
    assert name == sha256(data).hexdigest()
    assert files.put(data) == name
    assert files.get(name) == data
    assert files.has(name)
    assert list(files.names()) == [name]
    assert not files.has("0" * 64)
    with pytest.raises(FileNotFoundError):
        files.get("0" * 64)


def test_kinds_lie_apart_and_derived_bytes_can_be_made_again(files: Files) -> None:
    name = files.put(b"a signature", kind="signature")
    assert files.get(name, kind="signature") == b"a signature"
    assert not files.has(name)
    assert files.get_named("sizes/thumb/x.jpg") is None
    for data in (b"first", b"second"):
        files.put_named("sizes/thumb/x.jpg", data)
    assert files.get_named("sizes/thumb/x.jpg") == b"second"


def test_an_upload_grows_by_pieces_and_moves_into_the_store(files: Files) -> None:
    upload, data = uuid4(), os.urandom(300_000)
    with files.held_upload(upload) as held:
        assert held.append(0, [data[:100_000], data[100_000:150_000]]) == 150_000
    with files.held_upload(upload) as held:
        # What an earlier cut left behind the known offset is written over.
        assert held.append(120_000, [data[120_000:]]) == 180_000
        assert held.digest() == sha256(data).hexdigest()
        for _ in range(2):
            held.keep(sha256(data).hexdigest())
    files.drop_upload(upload)
    assert files.get(sha256(data).hexdigest()) == data
    assert list(files.left_uploads()) == []


def test_an_upload_is_held_by_one_alone_and_let_go_by_itself(files: Files) -> None:
    upload = uuid4()
    with files.held_upload(upload), pytest.raises(UploadBusy), files.held_upload(upload):
        pass
    with files.held_upload(upload) as held:
        held.path.unlink()
        # Its name is gone, so a new file under it belongs to whoever comes now.
        with files.held_upload(upload) as other:
            other.append(0, [b"new"])
    assert files.upload_path(upload).read_bytes() == b"new"


def test_a_full_disk_is_said_and_what_was_there_stays(tmp_path: Path) -> None:
    """The system's own limit on the size of a file stands for a full disk: writing fails in the same way."""
    files = Files(f"folder://{tmp_path / 'files'}", tmp_path / "uploads")
    upload = uuid4()
    with files.held_upload(upload) as held:
        held.append(0, [b"x" * 1000])
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, limit[1]))
    try:
        with files.held_upload(upload) as held, pytest.raises(StorageFull):
            held.append(1000, [b"y" * 1000])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert files.upload_path(upload).read_bytes()[:1000] == b"x" * 1000
