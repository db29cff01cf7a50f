"""The official tus clients, in Python and JavaScript, against the real server, also when connections break."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import requests
from sqlmodel import select
from tusclient import client as tuspy
from tusclient.exceptions import TusCommunicationError

from server.config import ROOT
from server.domain.access import Role
from server.storage.visits import VisitFile
from tests import make
from tests.faults.proxy import cutting
from tests.gunicorn import Server
from tests.wire import Wire, office_of


@pytest.fixture
def wire(server: Server) -> Wire:
    with office_of(server) as office:
        return Wire.of(server, make.user(office, role=Role.SHOPPER))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of more than a megabyte: its tail is what some phones hang behind the picture."""
    path = tmp_path / "照片.jpg"
    path.write_bytes(make.picture(9, (1600, 1200)) + os.urandom(1_200_000))
    return path


def metadata(photo: Path, visit: str) -> dict[str, str]:
    return {
        "sha256": sha256(photo.read_bytes()).hexdigest(),
        "visit_id": visit,
        "item_id": "A-01",
        "kind": "photo",
        "filename": photo.name,
        "filetype": "image/jpeg",
    }


def assert_kept(server: Server, photo: Path, visit: str) -> None:
    data = photo.read_bytes()
    with office_of(server) as office:
        with office.work(write=False) as work:
            (kept,) = work.session.exec(select(VisitFile).where(VisitFile.visit_id == UUID(visit))).all()
        assert kept.bytes == len(data)
        assert office.files.get(kept.sha256) == data


def test_tuspy_sends_a_file(server: Server, wire: Wire, photo: Path) -> None:
    visit = str(uuid4())
    sender = tuspy.TusClient(f"{server.address}/api/v1/uploads", headers=wire.headers)
    with photo.open("rb") as stream:
        uploader = sender.uploader(
            file_stream=stream, chunk_size=300_000, metadata=metadata(photo, visit), upload_checksum=True
        )
        uploader.upload()
    assert_kept(server, photo, visit)


def test_tuspy_goes_on_after_its_connection_broke(server: Server, wire: Wire, photo: Path) -> None:
    visit = str(uuid4())
    with cutting(server.port, after=600_000, cuts=2) as proxy, photo.open("rb") as stream:
        sender = tuspy.TusClient(f"http://127.0.0.1:{proxy.port}/api/v1/uploads", headers=wire.headers)
        # Our answer names the server by the Host header, so the client stays with the proxy.
        # A server that is busy may still be reading the broken connection and say so; the client asks again.
        uploader = sender.uploader(
            file_stream=stream,
            chunk_size=5_000_000,
            metadata=metadata(photo, visit),
            retries=10,
            retry_delay=0.3,
        )
        for _ in range(4):
            try:
                uploader.upload()
                break
            except (TusCommunicationError, requests.RequestException):
                uploader.offset = uploader.get_offset()
        else:
            pytest.fail("the upload never came to its end")
        assert proxy.broken == 2
    assert_kept(server, photo, visit)


@pytest.mark.parametrize("cuts", [0, 2])
def test_tus_js_client_sends_a_file_and_goes_on_after_its_connection_broke(
    server: Server, wire: Wire, photo: Path, cuts: int
) -> None:
    node = shutil.which("node")
    assert node, "Node is needed for the phone app anyway"
    assert (ROOT / "pwa" / "node_modules" / "tus-js-client").is_dir(), "run npm ci in pwa/"
    visit = str(uuid4())
    with cutting(server.port, after=500_000, cuts=cuts) as proxy:
        done = subprocess.run(
            [
                node,
                str(Path(__file__).with_name("tus_peer.mjs")),
                f"http://127.0.0.1:{proxy.port}",
                str(photo),
                json.dumps(wire.headers),
                json.dumps(metadata(photo, visit)),
                "700000",
            ],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stdout.strip()) == (0, "sent"), done.stderr
        assert proxy.broken == cuts
    assert_kept(server, photo, visit)
