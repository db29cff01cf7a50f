"""Voice notes: only with a written ground, judged by their bytes, heard by the review alone, in pieces, until they expire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlmodel import select

from server.config import Settings, WrongSetting
from server.domain import voice
from server.domain.access import Role
from server.domain.visit import VisitDocument, VisitState
from server.storage.visits import Revision, Upload, Visit, VisitFile
from server.usecases import expiry
from server.usecases.work import Office
from tests import make, phone, sounds, submitted
from tests.make import Caller

GROUND = "晋法〔2026〕12 号"
NAME = sha256(sounds.WEBM).hexdigest()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, voice_ground=GROUND)


@pytest.fixture
def shopper(office: Office, client: Callable[..., Caller]) -> Caller:
    submitted.checklist(office)
    return client(make.user(office, role=Role.SHOPPER))


def spoken(data: bytes = sounds.WEBM, **given: Any) -> dict[str, Any]:
    mine = {
        "kind": "audio",
        "type": "audio/webm",
        "origin": None,
        "section": "A",
        "ended_at": "2026-11-21T02:16:10Z",
    }
    return make.file_entry(data, None, **{**mine, **given})


def visit_of(office: Office, shopper: Caller, *files: dict[str, Any], **given: Any) -> dict[str, Any]:
    assert shopper.user
    where = make.outlet(office)
    task = make.assignment(office, shopper.user, where, checklist_id="small-hall")
    return submitted.document(where, assignment_id=str(task.id), files=list(files), **given)


def switch(app: Flask, office: Office, *, on: bool) -> None:
    """The operator starts the server with the ground, or without it."""
    for each in {id(office): office, id(app.extensions["office"]): app.extensions["office"]}.values():
        each.settings = replace(each.settings, voice_ground=GROUND if on else "")


def kept(office: Office, visit: str) -> Visit:
    with office.work(write=False) as work:
        return work.session.exec(select(Visit).where(Visit.id == UUID(visit))).one()


def problem(answer: Any) -> str:
    return str(answer.get_json()["type"]).removeprefix("/problems/")


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        (sounds.OGG, "audio/ogg"),
        (sounds.ADTS, "audio/aac"),
        (sounds.MP4, "audio/mp4"),
        (sounds.mp4(b"soun", late=True), "audio/mp4"),
        (sounds.WEBM, "audio/webm"),
        (sounds.mp4(b"soun", b"vide"), None),
        (sounds.mp4(), None),
        (b"\0\0\0\x20ftypM4A " + b"x" * 40, None),
        (sounds.webm(b"A_OPUS", b"V_VP8"), None),
        (sounds.webm(b"A_VORBIS"), None),
        (sounds.webm(b"A_OPUS", unknown=True), "audio/webm"),
        (sounds.webm(b"A_OPUS", b"V_VP8", width=2), None),
        (sounds.webm(b"A_OPUS", b"V_VP8", before=70_000), None),
        (sounds.webm(b"A_OPUS", before=70_000), "audio/webm"),
        (sounds.webm(), None),
        (sounds.webm(b"A_OPUS")[:-399], "audio/webm"),
        (sounds.webm(b"A_OPUS", unknown=True, after=sounds.tracks(b"V_VP8")), None),
        (sounds.webm(b"A_OPUS", unknown=True, after=b"\0" * 20), None),
        (sounds.ogg(b"OpusHead" + b"x" * 11, b"\x80theora" + b"x" * 30), None),
        (sounds.page(b"OpusHead" + b"x" * 40, flags=0), None),
        (sounds.adts(40), None),
        (b"\xff\xf1<html>" + b"x" * 40, None),
        (sounds.adts(40) + b"x" * 60, None),
        (b"%PDF-1.7 " + b"x" * 40, None),
        (make.picture(1), None),
        (b"x", None),
    ],
)
def test_sound_is_known_by_its_bytes_and_holds_no_pictures(
    shopper: Caller, office: Office, data: bytes, type_: str | None
) -> None:
    answer = phone.send(shopper, data, submitted.document(make.outlet(office))["id"], kind="audio")
    with office.work(write=False) as work:
        found = [file.type for file in work.session.exec(select(VisitFile))]
    if type_ is None:
        assert (answer.status_code, problem(answer), found) == (422, "sound-unreadable", [])
    else:
        assert (answer.status_code, found) == (201, [type_])


@pytest.mark.parametrize("data", [sounds.OGG, sounds.MP4, sounds.WEBM])
def test_sound_is_no_photo(shopper: Caller, office: Office, data: bytes) -> None:
    assert phone.send(shopper, data, submitted.document(make.outlet(office))["id"]).status_code == 422


def test_a_note_belongs_to_a_section_and_says_when_it_began_and_ended(
    shopper: Caller, office: Office
) -> None:
    wrong = [
        spoken(sounds.WEBM, section="Z"),
        spoken(sounds.OGG, ended_at=None, type="audio/ogg"),
        spoken(sounds.MP4, ended_at="2026-11-21T02:14:59Z", type="audio/mp4"),
        make.file_entry(make.picture(2), "A-01", section="A"),
        make.file_entry(make.picture(3), "A-01", ended_at="2026-11-21T02:16:10Z"),
    ]
    answer = phone.put(shopper, visit_of(office, shopper, *wrong))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.get_json()["errors"]] == [
        "/files/0/section",
        "/files/1/ended_at",
        "/files/2/ended_at",
        "/files/3/section",
        "/files/4/ended_at",
    ]


def test_documents_from_before_keep_their_hash(office: Office) -> None:
    plain = submitted.document(make.outlet(office), files=[make.file_entry(make.picture(1), "A-01")])
    text = VisitDocument.model_validate(plain, strict=False).canonical()
    assert '"section"' not in text
    assert '"ended_at"' not in text


def test_without_a_ground_nothing_of_sound_is_taken(app: Flask, shopper: Caller, office: Office) -> None:
    switch(app, office, on=False)
    document = visit_of(office, shopper, spoken())
    for answer in (
        phone.send(shopper, sounds.WEBM, document["id"], kind="audio"),
        phone.put(shopper, document),
    ):
        assert (answer.status_code, problem(answer)) == (422, "voice-notes-off")
    refused = phone.put(shopper, document).get_json()
    assert "书面依据" in refused["detail"]
    assert [each["pointer"] for each in refused["errors"]] == ["/files/0"]
    (told,) = [c["data"] for c in shopper.get("/api/v1/sync").get_json()["changes"] if c["type"] == "setting"]
    assert (told["voice_notes"], told["voice_ground"]) == (False, "")
    assert phone.put(shopper, document | {"files": []}).get_json()["state"] == "submitted"


def test_the_phone_learns_the_ground(shopper: Caller) -> None:
    (told,) = [c["data"] for c in shopper.get("/api/v1/sync").get_json()["changes"] if c["type"] == "setting"]
    assert (told["voice_notes"], told["voice_ground"]) == (True, GROUND)


@pytest.mark.parametrize("again", ["with", "without"])
def test_a_visit_that_waits_for_sound_alone_is_whole_when_sound_is_switched_off(
    app: Flask, shopper: Caller, office: Office, again: str
) -> None:
    data = make.picture(5)
    document = visit_of(office, shopper, make.file_entry(data, "A-01"), spoken())
    assert phone.put(shopper, document).get_json()["state"] == "receiving"
    phone.send(shopper, data, document["id"], item_id="A-01")
    assert kept(office, document["id"]).state is VisitState.RECEIVING
    switch(app, office, on=False)
    assert problem(phone.send(shopper, sounds.WEBM, document["id"], kind="audio")) == "voice-notes-off"
    same = document if again == "with" else document | {"files": document["files"][:1]}
    answer = phone.put(shopper, same, etag=kept(office, document["id"]).etag).get_json()
    assert (answer["state"], answer["revision"], answer["files_missing"]) == ("submitted", 1, [])
    assert answer["receipt"]["files"] == [sha256(data).hexdigest()]
    switch(app, office, on=True)
    answer = phone.put(shopper, document, etag=answer["etag"]).get_json()
    assert (answer["state"], answer["revision"]) == ("submitted", 1)


def test_the_note_of_a_second_phone_does_not_vanish_without_a_word(shopper: Caller, office: Office) -> None:
    document = visit_of(office, shopper)
    old = phone.put(shopper, document | {"intent": "draft"}).get_json()["etag"]
    first = phone.put(shopper, document, etag=old).get_json()
    assert (first["state"], first["revision"]) == ("submitted", 1)
    second = phone.put(shopper, document | {"files": [spoken()]}, etag=old)
    assert (second.status_code, problem(second)) == (412, "visit-etag-old")
    # The phone that submitted it itself, while sound was not taken, hears that it is there.
    assert phone.put(shopper, document | {"files": [spoken()]}, etag=first["etag"]).status_code == 200


@pytest.mark.parametrize("ended", ["given up", "switched off"])
def test_sound_that_is_refused_half_way_leaves_nothing_in_the_store(
    app: Flask, shopper: Caller, office: Office, ended: str
) -> None:
    document = visit_of(office, shopper, spoken(), intent="draft")
    etag = phone.put(shopper, document).get_json()["etag"]
    where = phone.begin(shopper, sounds.WEBM, document["id"], kind="audio").headers["Location"]
    assert phone.patch(shopper, where, 0, sounds.WEBM[:100]).status_code == 204
    if ended == "given up":
        shopper.post(
            f"/api/v1/visits/{document['id']}/discard",
            json={"reason": "去错了厅"},
            headers={"If-Match": f'"{etag}"'},
        )
    else:
        switch(app, office, on=False)
    last = phone.patch(shopper, where, 100, sounds.WEBM[100:])
    assert not office.files.has(NAME, kind="audio")
    with office.work(write=False) as work:
        assert work.session.exec(select(VisitFile)).all() == []
        left = work.session.exec(select(Upload)).all()
    if ended == "given up":
        assert (last.status_code, problem(last)) == (409, "visit-state-forbids")
        assert (left, list(office.files.left_uploads())) == ([], [])
    else:
        # The ground may come again, and the phone has it still.
        assert (last.status_code, problem(last)) == (422, "voice-notes-off")
        assert [each.offset for each in left] == [100]


def test_a_note_that_lay_too_long_in_a_draft_comes_again_with_it(shopper: Caller, office: Office) -> None:
    document = visit_of(office, shopper, spoken())
    phone.put(shopper, document | {"intent": "draft"})
    assert phone.send(shopper, sounds.WEBM, document["id"], kind="audio").status_code == 201
    with office.work() as work:
        work.session.get_one(Visit, UUID(document["id"])).changed_at -= timedelta(days=voice.LEFT_DAYS)
    assert expiry.expire_left_voice(office) == 1
    assert not office.files.has(NAME, kind="audio")
    assert phone.send(shopper, sounds.WEBM, document["id"], kind="audio").status_code == 201
    assert office.files.has(NAME, kind="audio")
    with office.work(write=False) as work:
        assert [file.expired_at for file in work.session.exec(select(VisitFile))] == [None]


def test_notes_are_no_photos_that_the_limit_counts(app: Flask, shopper: Caller, office: Office) -> None:
    settings = app.extensions["office"].settings
    limits = replace(settings.limits, photos_per_visit=1)
    app.extensions["office"].settings = replace(settings, limits=limits)
    photo = make.picture(7)
    document = visit_of(office, shopper, spoken(), make.file_entry(photo, "A-01"))
    assert phone.send(shopper, sounds.WEBM, document["id"], kind="audio").status_code == 201
    assert phone.send(shopper, photo, document["id"], item_id="A-01").status_code == 201
    assert problem(phone.send(shopper, make.picture(8), document["id"])) == "too-many-photos"
    assert problem(phone.send(shopper, sounds.OGG, document["id"], kind="audio")) == "too-many-photos"
    many = {**document, "files": [*document["files"], make.file_entry(make.picture(8), "A-01")]}
    refused = phone.put(shopper, many).get_json()
    assert refused["type"] == "/problems/too-many-photos"
    assert refused["errors"] == [{"pointer": "/files", "detail": "一次检查最多 1 张照片。"}]
    assert phone.put(shopper, document).get_json()["state"] == "submitted"


def test_nobody_adds_sound_to_a_submission_with_its_later_proof(shopper: Caller, office: Office) -> None:
    pending = {**submitted.GOOD, "B-02": {"pending": True}}
    document = visit_of(office, shopper, answers=pending)
    answer = phone.put(shopper, document)
    assert answer.get_json()["state"] == "submitted", answer.get_json()
    proof = document | {"answers": {**pending, "B-02": {"value": "pass"}}, "files": [spoken()]}
    assert phone.put(shopper, proof, etag=answer.get_json()["etag"]).status_code == 409


@pytest.fixture
def heard(office: Office, shopper: Caller) -> Visit:
    """A visit with a voice note, whole."""
    document = visit_of(office, shopper, spoken())
    phone.send(shopper, sounds.WEBM, document["id"], kind="audio")
    assert phone.put(shopper, document).get_json()["state"] == "submitted"
    return kept(office, document["id"])


def test_the_review_hears_it_in_pieces_and_no_browser_keeps_it(
    heard: Visit, client: Callable[..., Caller]
) -> None:
    reviewer = client(Role.REVIEWER)
    page = reviewer.get(f"/visits/{heard.id}").get_data(as_text=True)
    assert f'src="/api/v1/photos/{NAME}"' in page
    assert "1:10" in page
    whole = reviewer.get(f"/api/v1/photos/{NAME}")
    assert (whole.data, whole.headers["Accept-Ranges"]) == (sounds.WEBM, "bytes")
    assert whole.headers["Cache-Control"] == "no-store"
    part = reviewer.get(f"/api/v1/photos/{NAME}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, sounds.WEBM[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(sounds.WEBM)}"


@pytest.mark.parametrize(
    "role", [Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.AREA_MANAGER, Role.BRANCH_MANAGER]
)
def test_outlets_and_branches_hear_nothing_even_of_an_announced_visit(
    office: Office, client: Callable[..., Caller], role: Role
) -> None:
    hall = make.outlet(office)
    inspector = make.user(office, role=Role.REVIEWER)
    visit = submitted.visit(
        office, inspector, hall, kind="announced", files=[spoken()], state=VisitState.PUBLISHED
    )
    office.files.put(sounds.WEBM, kind="audio")
    with office.work() as work:
        work.session.add(
            VisitFile(
                visit_id=visit.id,
                sha256=NAME,
                kind="audio",
                type="audio/webm",
                bytes=len(sounds.WEBM),
                uploader_id=inspector.id,
                arrived_at=work.now,
            )
        )
    viewer = client(make.user(office, role=role, outlet_id=hall.id, unit_path="sx/"))
    assert viewer.get(f"/api/v1/photos/{NAME}").status_code == 404
    assert NAME not in viewer.get(f"/visits/{visit.id}").get_data(as_text=True)


def test_an_expired_one_is_told_as_gone_and_never_comes_back(
    office: Office, heard: Visit, shopper: Caller, client: Callable[..., Caller]
) -> None:
    with office.work() as work:
        row = work.session.get_one(Visit, heard.id)
        row.state, row.accepted_revision = VisitState.ACCEPTED, 1
    assert expiry.expire_voice(office, heard.id) == 1
    reviewer = client(Role.REVIEWER)
    gone = reviewer.get(f"/api/v1/photos/{NAME}")
    assert (gone.status_code, problem(gone)) == (410, "file-expired")
    assert "到期删除" in gone.get_json()["detail"]
    page = reviewer.get(f"/visits/{heard.id}").get_data(as_text=True)
    assert "审核后已删除" in page
    assert "<audio" not in page
    assert phone.send(shopper, sounds.WEBM, str(heard.id), kind="audio").status_code == 201
    assert not office.files.has(NAME, kind="audio")
    late = phone.send(shopper, sounds.OGG, str(heard.id), kind="audio")
    assert (late.status_code, problem(late)) == (409, "visit-state-forbids")
    with office.work(write=False) as work:
        receipt = work.session.get_one(Revision, (heard.id, 1)).receipt or ""
    assert NAME in receipt


def test_the_microphone_is_for_the_phone_alone(client: Callable[..., Caller]) -> None:
    assert "microphone=(self)" in client().get("/app/").headers["Permissions-Policy"]
    assert "microphone=()" in client().get("/healthz").headers["Permissions-Policy"]


@pytest.mark.parametrize("ground", ["1", "on", "true", "x" * 301, "第一行\n第二行的依据"])
def test_a_ground_that_is_none_stops_the_start(tmp_path: Any, ground: str) -> None:
    with pytest.raises(WrongSetting, match="XUNTING_VOICE_GROUND"):
        Settings.from_env({"XUNTING_DATA": str(tmp_path), "XUNTING_VOICE_GROUND": ground})
