"""Photos by tus: every byte that came is kept, nothing counts before all of it was judged, and once only."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from sqlalchemy import event
from sqlmodel import select

from server.domain.access import Role
from server.domain.errors import StorageBusy
from server.storage import database as storage
from server.storage.events import Event
from server.storage.visits import Upload, Visit, VisitFile
from server.usecases import uploads
from server.usecases.work import Office
from tests import make, phone, submitted
from tests.conftest import Clock
from tests.make import Caller


@pytest.fixture
def shopper(client: Callable[..., Caller]) -> Caller:
    return client(Role.SHOPPER)


def visit_id() -> str:
    return str(uuid4())


def rows(office: Office, table: Any) -> list[Any]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(table)).all())


def names(office: Office) -> list[str]:
    with office.work(write=False) as work:
        return [each.name for each in work.session.exec(select(Event).order_by(Event.id))]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def left(office: Office) -> list[str]:
    return sorted(path.name for path in office.settings.uploads.iterdir())


def test_options_says_what_we_speak_without_a_login(client: Callable[..., Caller]) -> None:
    for path in ("/api/v1/uploads", f"/api/v1/uploads/{uuid4()}"):
        answer = client().call("OPTIONS", path)
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
        assert set(answer.headers["Tus-Extension"].split(",")) == {
            "creation",
            "creation-with-upload",
            "checksum",
            "expiration",
            "termination",
        }
        assert answer.headers["Tus-Max-Size"] == "15000000"
        assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


@pytest.mark.parametrize("part", [None, 100])
def test_who_waits_to_write_down_a_photo_holds_no_connection(
    shopper: Caller, monkeypatch: pytest.MonkeyPatch, part: int | None
) -> None:
    database = shopper.browser.application.extensions["office"].database
    monkeypatch.setattr(storage, "PATIENCE_SECONDS", 0)
    kept_off: list[bool] = []

    def another() -> None:
        try:
            with database.desk():
                kept_off.append(False)
        except StorageBusy:
            kept_off.append(True)

    def taken(*_: object) -> None:
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()

    data = make.picture(1)
    event.listen(database.engine, "checkout", taken)
    phone.send(shopper, data, visit_id(), part=data[:part])
    assert kept_off == [True]


def test_a_photo_in_one_request(shopper: Caller, office: Office) -> None:
    data, visit = make.picture(1), visit_id()
    answer = phone.send(shopper, data, visit, item_id="A-01", kind="photo", filetype="image/jpeg")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.headers["Upload-Offset"] == str(len(data))
    assert answer.headers["Cache-Control"] == "no-store"
    asked = phone.head(shopper, answer.headers["Location"])
    assert asked.headers["Upload-Offset"] == asked.headers["Upload-Length"] == str(len(data))
    (kept,) = rows(office, VisitFile)
    assert (kept.sha256, kept.item_id, kept.type) == (digest(data), "A-01", "image/jpeg")
    assert (kept.width, kept.height) == (320, 240)
    assert office.files.get(kept.sha256) == data
    assert left(office) == []


def test_a_photo_in_pieces_is_here_when_the_last_byte_is(shopper: Caller, office: Office) -> None:
    data, visit = make.picture(2), visit_id()
    begun = phone.begin(shopper, data, visit)
    assert begun.status_code == 201
    assert "Upload-Offset" not in begun.headers
    assert begun.headers["Upload-Expires"].endswith("GMT")
    where = begun.headers["Location"]
    half = len(data) // 2
    first = phone.patch(shopper, where, 0, data[:half])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(half))
    assert rows(office, VisitFile) == []
    assert phone.head(shopper, where).headers["Upload-Offset"] == str(half)
    wrong = phone.patch(shopper, where, 0, data[:half])
    assert wrong.status_code == 409
    assert wrong.get_json()["offset"] == half
    last = phone.patch(shopper, where, half, data[half:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(data)))
    assert [each.sha256 for each in rows(office, VisitFile)] == [digest(data)]
    again = phone.patch(shopper, where, len(data), b"")
    assert again.status_code == 204


def test_beginning_again_goes_on_from_what_is_here(shopper: Caller, office: Office) -> None:
    data, visit = make.picture(3), visit_id()
    begun = phone.send(shopper, data, visit, part=data[:500])
    assert begun.headers["Upload-Offset"] == "500"
    asked = phone.begin(shopper, data, visit)
    assert asked.headers["Location"] == begun.headers["Location"]
    assert asked.headers["Upload-Offset"] == "500"
    whole = phone.send(shopper, data, visit)
    assert whole.headers["Upload-Offset"] == str(len(data))
    assert office.files.get(digest(data)) == data


def test_the_same_photo_for_the_same_visit_is_there_already(shopper: Caller, office: Office) -> None:
    data, visit = make.picture(4), visit_id()
    first = phone.send(shopper, data, visit)
    again = phone.send(shopper, data, visit)
    asked = phone.begin(shopper, data, visit)
    for answer in (again, asked):
        assert answer.status_code == 201
        assert answer.headers["Upload-Offset"] == str(len(data))
        assert answer.headers["Location"] == first.headers["Location"]
    assert len(rows(office, VisitFile)) == 1
    assert names(office).count("photo.arrived") == 1


def test_two_visits_with_the_same_bytes_both_keep_theirs(shopper: Caller, office: Office) -> None:
    data = make.picture(5)
    one, two = visit_id(), visit_id()
    phone.send(shopper, data, one)
    phone.send(shopper, data, two)
    assert {str(each.visit_id) for each in rows(office, VisitFile)} == {one, two}


def test_bytes_that_are_not_the_announced_ones_are_refused_whole(shopper: Caller, office: Office) -> None:
    data, visit = make.picture(6), visit_id()
    answer = phone.send(shopper, data, visit, part=make.picture(7)[: len(data)].ljust(len(data), b"x"))
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/photo-hash-wrong"
    assert (rows(office, VisitFile), rows(office, Upload), left(office)) == ([], [], [])
    assert names(office)[-1] == "upload.refused"
    assert phone.send(shopper, data, visit).status_code == 201


def cut_jpeg(at: int) -> bytes:
    data = make.picture(8, (640, 480))
    return data[: len(data) * at // 100]


def picture_as(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, kind)
    return out.getvalue()


def giant_png() -> bytes:
    out = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("size", [10, 50, 90, 99])
def test_a_cut_jpeg_is_no_picture_even_with_the_right_hash(
    shopper: Caller, office: Office, size: int
) -> None:
    answer = phone.send(shopper, cut_jpeg(size), visit_id())
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/photo-unreadable"
    assert (rows(office, VisitFile), left(office)) == ([], [])


def test_the_end_of_a_small_picture_in_the_head_does_not_end_a_cut_jpeg(shopper: Caller) -> None:
    data, small = make.picture(8, (640, 480)), make.picture(9, (32, 24))
    inside = data[:2] + b"\xff\xe1" + (len(small) + 2).to_bytes(2) + small
    assert phone.send(shopper, inside + data[2:-2], visit_id()).status_code == 422
    assert phone.send(shopper, inside + data[2:], visit_id()).status_code == 201


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_four_kinds_of_pictures_are_known_by_their_content(
    shopper: Caller, office: Office, kind: str
) -> None:
    answer = phone.send(shopper, picture_as(kind), visit_id(), filename="name.exe", filetype="text/html")
    assert answer.status_code == 201, answer.get_json()
    assert rows(office, VisitFile)[0].type in ("image/jpeg", "image/png", "image/webp", "image/heic")


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (picture_as("GIF"), "photo", 422),
        (picture_as("PNG")[:-20], "photo", 422),
        (picture_as("WEBP")[:-20], "photo", 422),
        (picture_as("HEIF")[:-20], "photo", 422),
        (b"<html>" * 10, "photo", 422),
        (make.pdf(), "photo", 422),
        (make.pdf(), "proof", 201),
        (b"%PDF-1.7 " + b"x" * 40, "proof", 422),
        (b"OggS" + b"\0" * 24 + b"OpusHead" + b"x" * 40, "photo", 422),
        (picture_as("JPEG"), "proof", 201),
        (b"x", "photo", 422),
    ],
)
def test_what_a_file_may_be_depends_on_its_kind(shopper: Caller, data: bytes, kind: str, status: int) -> None:
    assert phone.send(shopper, data, visit_id(), kind=kind).status_code == status


def test_a_jpeg_with_an_index_of_more_pictures_is_a_jpeg(shopper: Caller, office: Office) -> None:
    out = io.BytesIO()
    one, other = (Image.open(io.BytesIO(make.picture(seed))) for seed in (50, 51))
    one.save(out, "MPO", save_all=True, append_images=[other])
    assert out.getvalue().startswith(b"\xff\xd8")
    assert phone.send(shopper, out.getvalue(), visit_id()).status_code == 201
    (kept,) = rows(office, VisitFile)
    assert (kept.type, kept.width, kept.height) == ("image/jpeg", 320, 240)
    assert phone.send(shopper, out.getvalue()[:500], visit_id()).status_code == 422


@pytest.mark.parametrize("header", ["Upload-Metadata", "Upload-Checksum"])
def test_headers_that_are_not_ascii_are_refused_in_words(shopper: Caller, header: str) -> None:
    value = {"Upload-Metadata": "sha256 \xe9\xff", "Upload-Checksum": "sha256 \xe9\xff"}[header]
    refused = phone.send(shopper, make.picture(52), visit_id(), headers={header: value})
    assert refused.status_code == 422
    assert refused.get_json()["type"] == "/problems/upload-metadata-wrong"


def test_a_small_file_with_giant_pixels_is_refused(shopper: Caller) -> None:
    answer = phone.send(shopper, giant_png(), visit_id())
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/photo-too-many-pixels"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_piece_that_does_not_match_its_checksum_changes_nothing(
    shopper: Caller, office: Office, algorithm: str
) -> None:
    data, visit = make.picture(9), visit_id()
    where = phone.begin(shopper, data, visit).headers["Location"]

    def checked(piece: bytes) -> dict[str, str]:
        return {
            "Upload-Checksum": f"{algorithm} {base64.b64encode(hashlib.new(algorithm, piece).digest()).decode()}"
        }

    wrong = phone.patch(shopper, where, 0, data[:300], checked(b"other"))
    assert wrong.status_code == 460
    assert phone.head(shopper, where).headers["Upload-Offset"] == "0"
    assert phone.patch(shopper, where, 0, data[:300], checked(data[:300])).status_code == 204
    assert phone.patch(shopper, where, 300, data[300:], checked(data[300:])).status_code == 204
    assert office.files.get(digest(data)) == data
    unknown = phone.patch(shopper, where, 0, b"", {"Upload-Checksum": "md5 abc="})
    assert unknown.status_code == 422


def test_the_wrong_way_to_speak_is_told(shopper: Caller) -> None:
    data, visit = make.picture(10), visit_id()
    where = phone.begin(shopper, data, visit).headers["Location"]
    old = phone.patch(shopper, where, 0, b"x", {"Tus-Resumable": "0.2.2"})
    assert (old.status_code, old.headers["Tus-Version"]) == (412, "1.0.0")
    assert phone.patch(shopper, where, 0, b"x", content_type="text/plain").status_code == 415
    assert phone.patch(shopper, where, 0, data + b"more").status_code == 413
    assert phone.head(shopper, f"/api/v1/uploads/{uuid4()}").status_code == 404
    assert phone.head(shopper, "/api/v1/uploads/none").status_code == 404
    assert phone.patch(shopper, f"/api/v1/uploads/{uuid4()}", 0, b"x").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Upload-Length": "15000001"}, 413),
        ({"Upload-Length": "x"}, 422),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Metadata": ""}, 422),
        ({"Upload-Metadata": "sha256 %%%"}, 422),
        ({"Upload-Metadata": phone.metadata(b"x", "no-uuid")}, 422),
        ({"Upload-Metadata": phone.metadata(b"x", str(uuid4()), kind="film")}, 422),
        ({"Upload-Metadata": phone.metadata(b"x", str(uuid4()), item_id="../../etc")}, 422),
        ({"Tus-Resumable": "2.0.0"}, 412),
    ],
)
def test_a_wrong_announcement_is_refused(
    shopper: Caller, office: Office, headers: dict[str, str], status: int
) -> None:
    answer = shopper.post("/api/v1/uploads", headers={**phone.announced(b"x", str(uuid4())), **headers})
    assert answer.status_code == status
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert (rows(office, Upload), left(office)) == ([], [])


def test_an_upload_is_ended_by_who_began_it(
    shopper: Caller, office: Office, client: Callable[..., Caller]
) -> None:
    data, visit = make.picture(11), visit_id()
    where = phone.send(shopper, data, visit, part=data[:100]).headers["Location"]
    stranger = client(Role.SHOPPER)
    for answer in (
        phone.head(stranger, where),
        phone.patch(stranger, where, 100, data[100:]),
        stranger.call("DELETE", where, headers=phone.TUS),
    ):
        assert answer.status_code == 404
    assert shopper.call("DELETE", where, headers=phone.TUS).status_code == 204
    assert phone.head(shopper, where).status_code == 404
    assert (rows(office, Upload), left(office)) == ([], [])


def test_clients_that_can_only_post_name_the_verb_in_a_header(shopper: Caller) -> None:
    data, visit = make.picture(12), visit_id()
    where = phone.begin(shopper, data, visit).headers["Location"]
    headers = {**phone.TUS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = shopper.post(where, data=data, content_type=phone.OCTETS, headers=headers)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(data)))
    ended = shopper.post(where, headers={**phone.TUS, "X-HTTP-Method-Override": "DELETE"})
    assert ended.status_code == 204


def test_an_upload_that_was_left_alone_expires_with_an_event(
    shopper: Caller, office: Office, clock: Clock, app: Any, client: Callable[..., Caller]
) -> None:
    data, visit = make.picture(13), visit_id()
    where = phone.send(shopper, data, visit, part=data[:100]).headers["Location"]
    assert uploads.expire(office) == 0
    clock.forward(hours=73)
    assert phone.head(shopper, where).status_code == 410
    assert phone.patch(shopper, where, 100, data[100:]).status_code == 410
    assert uploads.expire(office) == 1
    assert uploads.expire(office) == 0
    assert phone.head(shopper, where).status_code == 404
    assert names(office).count("upload.expired") == 1
    assert left(office) == []


def test_one_request_at_a_time_writes_an_upload(shopper: Caller, office: Office) -> None:
    data, visit = make.picture(14), visit_id()
    where = phone.begin(shopper, data, visit).headers["Location"]
    upload = rows(office, Upload)[0]
    with office.files.held_upload(upload.id):
        assert phone.patch(shopper, where, 0, data).status_code == 423
        assert phone.send(shopper, data, visit).status_code == 423
    assert phone.patch(shopper, where, 0, data).status_code == 204


def test_a_visit_takes_only_so_many_photos(shopper: Caller, office: Office, app: Any) -> None:
    visit = visit_id()
    object.__setattr__(app.extensions["office"].settings.limits, "photos_per_visit", 2)
    try:
        for seed in (20, 21):
            assert phone.send(shopper, make.picture(seed), visit).status_code == 201
        refused = phone.send(shopper, make.picture(22), visit)
        assert refused.status_code == 422
        assert refused.get_json()["type"] == "/problems/too-many-photos"
        assert phone.send(shopper, make.picture(20), visit).status_code == 201
    finally:
        object.__setattr__(app.extensions["office"].settings.limits, "photos_per_visit", 60)


@pytest.fixture
def inspector(office: Office, client: Callable[..., Caller]) -> tuple[Caller, Callable[..., dict[str, Any]]]:
    submitted.checklist(office)
    where = make.outlet(office)
    user = make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, user, where, checklist_id="small-hall")

    def document(*data: bytes) -> dict[str, Any]:
        files = [make.file_entry(each, "A-01") for each in data]
        return submitted.document(where, assignment_id=str(task.id), files=files)

    return client(user), document


@pytest.mark.parametrize("order", ["document first", "photos first", "between"])
def test_a_visit_is_whole_only_when_every_photo_has_arrived_in_any_order(
    office: Office, inspector: tuple[Caller, Callable[..., dict[str, Any]]], order: str
) -> None:
    caller, document = inspector
    one, two = make.picture(30), make.picture(31)
    sent = document(one, two)
    steps: dict[str, list[bytes | None]] = {
        "document first": [None, one, two],
        "photos first": [one, two, None],
        "between": [two, None, one],
    }
    for number, step in enumerate(steps[order]):
        if step is None:
            answer = phone.put(caller, sent)
            assert answer.status_code == 200, answer.get_json()
        else:
            assert phone.send(caller, step, sent["id"]).status_code == 201
        state = [each.state for each in rows(office, Visit)]
        assert state in ([], ["receiving"]) if number < 2 else state == ["submitted"]
    final = phone.put(caller, sent).get_json()
    assert final["files_missing"] == []
    assert sorted(final["receipt"]["files"]) == sorted(digest(each) for each in (one, two))
    assert names(office).count("visit.whole") == 1


def test_a_hash_that_another_visit_sent_does_not_count_as_arrived(
    office: Office, inspector: tuple[Caller, Callable[..., dict[str, Any]]]
) -> None:
    caller, document = inspector
    data = make.picture(32)
    phone.send(caller, data, visit_id())
    answer = phone.put(caller, document(data)).get_json()
    assert (answer["state"], answer["files_missing"]) == ("receiving", [digest(data)])
    assert answer["receipt"] is None


def test_photos_that_came_first_decide_whose_visit_it_is(
    office: Office,
    inspector: tuple[Caller, Callable[..., dict[str, Any]]],
    client: Callable[..., Caller],
) -> None:
    caller, document = inspector
    data = make.picture(33)
    sent = document(data)
    stranger = client(Role.SHOPPER)
    assert phone.send(stranger, make.picture(34), sent["id"]).status_code == 201
    assert phone.put(caller, sent).status_code == 403
    assert phone.send(caller, data, sent["id"]).status_code == 403
    other = document(data)
    phone.put(caller, other)
    assert phone.send(stranger, data, other["id"]).status_code == 403


def test_who_may_look_at_a_photo(
    office: Office,
    inspector: tuple[Caller, Callable[..., dict[str, Any]]],
    client: Callable[..., Caller],
) -> None:
    caller, document = inspector
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    exif[274] = 6
    Image.open(io.BytesIO(make.picture(35, (640, 480)))).save(out, "JPEG", exif=exif)
    data = out.getvalue()
    sent = document(data)
    phone.put(caller, sent)
    phone.send(caller, data, sent["id"])
    path = f"/api/v1/photos/{digest(data)}"
    for who, status in (
        (caller, 200),
        (client(Role.REVIEWER), 200),
        (client(Role.SHOPPER), 404),
        (client(Role.BRANCH_MANAGER), 404),
    ):
        assert who.get(path).status_code == status
    whole = caller.get(path)
    assert whole.data == data
    assert whole.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert caller.get(path, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    thumb = caller.get(f"{path}?size=thumb")
    shown = Image.open(io.BytesIO(thumb.data))
    assert shown.size == (240, 320)
    assert b"Secret Camera" not in thumb.data
    assert caller.get(f"{path}?size=huge").status_code == 404
    assert client().get(path).status_code == 401
    with office.work() as work:
        visit = work.session.exec(select(Visit)).one()
        visit.state, visit.published_at = "published", work.now
    assert client(Role.BRANCH_MANAGER).get(path).status_code == 404
