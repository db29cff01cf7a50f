"""Rescue files over HTTP: whole or not at all, as the author's, by any colleague, who learns nothing of the visits."""

from __future__ import annotations

import gc
import io
import json
import os
import re
import resource
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import select
from werkzeug.test import TestResponse

from server.config import ROOT
from server.domain.access import Role
from server.domain.errors import BodyCut, StorageFull, WrongDocument
from server.domain.rescue import HEAD, KEY_NAME, MAGIC, CarriedVisit, RescueDamaged, parsed
from server.gateways import rescue_file, rescue_keys
from server.storage.events import Event
from server.storage.organisation import User
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases import people, rescue
from server.usecases.work import Office
from tests import make, packed, phone, submitted
from tests.make import Caller

PICTURES = [make.picture(201), make.picture(202)]


@dataclass
class Away:
    """A shopper whose phone has no network, his visit, and a colleague who carries it."""

    office: Office
    author: User
    document: dict[str, Any]
    carrier: Caller

    def carry(self, sealed: bytes, carrier: Caller | None = None) -> TestResponse:
        return (carrier or self.carrier).post(
            "/api/v1/rescue", data=sealed, content_type="application/octet-stream"
        )

    def pack(self, **given: Any) -> packed.Pack:
        return packed.pack(self.office, self.author, [self.document], PICTURES, **given)

    def outcome(self, sealed: bytes) -> dict[str, Any]:
        answer = self.carry(sealed)
        assert answer.status_code == 200, answer.get_json()
        (found,) = answer.get_json()["visits"]
        return dict(found)

    def events(self, name: str) -> list[Event]:
        with self.office.work(write=False) as work:
            return list(work.session.exec(select(Event).where(Event.name == name)))

    def nothing(self) -> bool:
        with self.office.work(write=False) as work:
            return not any(work.session.exec(select(table)).all() for table in (Visit, VisitFile, Revision))


@pytest.fixture
def away(office: Office, client: Callable[..., Caller]) -> Away:
    submitted.checklist(office)
    where, author = make.outlet(office), make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, author, where, checklist_id="small-hall")
    files = [make.file_entry(each, "A-01") for each in PICTURES]
    document = submitted.document(where, assignment_id=str(task.id), files=files)
    return Away(office, author, document, client(Role.AREA_MANAGER))


def test_a_carried_visit_is_whole_as_its_authors_and_the_log_says_who_carried_it(
    away: Away, client: Callable[..., Caller]
) -> None:
    found = away.outcome(away.pack().sealed())
    assert found["outcome"] == "whole"
    with away.office.work(write=False) as work:
        visit = work.session.get_one(Visit, UUID(away.document["id"]))
        assert (visit.inspector_id, visit.state) == (away.author.id, "submitted")
        kept = work.session.exec(select(VisitFile)).all()
        assert {each.uploader_id for each in kept} == {away.author.id}
        assert {each.sha256 for each in kept} == {sha256(each).hexdigest() for each in PICTURES}
    assert away.carrier.user
    (event,) = away.events("visit.rescued")
    assert str(away.carrier.user.id) in event.facts
    assert found["receipt"]
    page = client(Role.HQ).get(f"/visits/{away.document['id']}").get_data(as_text=True)
    line = page.split("由同事代为送达")[1].split("</li>")[0]
    assert away.carrier.user.name in line
    assert away.author.name not in line


def test_the_carrier_learns_nothing_of_a_covert_visit(away: Away) -> None:
    sealed = away.pack()
    told = away.carry(sealed.sealed()).get_data(as_text=True)
    # Of a visit that is published he may be shown the id and the etag, which is the mark of a file without photos.
    (visit,) = json.loads(told)["visits"]
    for shown in (away.document["id"], sealed.manifest["visits"][0]["mark"]):
        assert not any(shown[at : at + 6].upper() in told.upper() for at in range(len(shown) - 5))
    assert re.fullmatch(r"[0-9A-F]{6}", visit["visit"])
    for secret in ("迎泽", away.author.name, away.document["outlet_id"], away.document["id"], "small-hall"):
        assert secret not in told
    assert away.carrier.get(f"/api/v1/visits/{away.document['id']}").status_code == 404


def test_the_same_file_twice_changes_nothing_and_answers_the_same(away: Away) -> None:
    sealed = away.pack().sealed()
    first = away.carry(sealed).get_json()
    with away.office.work(write=False) as work:
        before = len(work.session.exec(select(Event)).all())
    assert away.carry(sealed).get_json() == first
    with away.office.work(write=False) as work:
        assert len(work.session.exec(select(Event)).all()) == before


def test_afterwards_the_authors_own_phone_hears_the_receipt_for_the_same_document(
    away: Away, client: Callable[..., Caller]
) -> None:
    found = away.outcome(away.pack().sealed())
    answer = phone.put(client(away.author), away.document)
    assert answer.status_code == 200
    assert answer.get_json()["receipt"]["number"] == found["receipt"]


def test_a_carried_draft_is_known_to_its_phone_by_the_files_mark(
    away: Away, client: Callable[..., Caller]
) -> None:
    away.document |= {"intent": "draft"}
    sealed = away.pack()
    mark = sealed.manifest["visits"][0]["mark"]
    assert away.outcome(sealed.sealed())["outcome"] == "draft"
    on = {**away.document, "answers": {**away.document["answers"], "A-01": {"value": "na"}}}
    author = client(away.author)
    either = {"If-None-Match": "*", "If-Match": f'"{"0" * 32}", "{mark}"'}
    path = f"/api/v1/visits/{on['id']}"
    assert author.put(path, json=on, headers={"If-None-Match": "*"}).status_code == 412
    assert author.put(path, json=on, headers=either).status_code == 200
    # What was packed before is older now, and takes nothing back.
    assert away.outcome(sealed.sealed())["outcome"] == "other"
    assert author.get(path).get_json()["document"]["answers"]["A-01"]["value"] == "na"


def test_the_file_that_the_phones_own_code_makes_is_taken(
    away: Away, client: Callable[..., Caller], tmp_path: Path
) -> None:
    script = tmp_path / "rescue_pack.mjs"
    options = ("--bundle", "--platform=node", "--format=esm", "--define:__APP_VERSION__='test'")
    more = ("--log-level=warning", f"--outfile={script}", "--define:__PHOTO_WORKER__=''")
    command = [ROOT / "pwa/node_modules/.bin/esbuild", ROOT / "tests/pwa/rescue_pack.ts", *options, *more]
    subprocess.run(
        command, check=True, cwd=ROOT / "pwa", env={**os.environ, "NODE_PATH": str(ROOT / "pwa/node_modules")}
    )
    given = {
        "session": client(away.author).get("/api/v1/session").get_json(),
        "document": away.document,
        "pictures": [b64encode(each).decode() for each in PICTURES],
    }
    ran = subprocess.run(["node", script], input=json.dumps(given).encode(), capture_output=True, check=True)
    assert away.outcome(ran.stdout)["outcome"] == "whole"
    with away.office.work(write=False) as work:
        (revision,) = work.session.exec(select(Revision)).all()
        kept = {each.sha256 for each in work.session.exec(select(VisitFile))}
    assert json.loads(revision.document)["answers"]["A-02"]["value"] == 412
    assert kept == {sha256(each).hexdigest() for each in PICTURES}


def flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def swapped(data: bytes) -> bytes:
    """The two photos in the other order."""
    frames, place = [], HEAD
    while place < len(data):
        end = place + 4 + int.from_bytes(data[place : place + 4])
        frames.append(data[place:end])
        place = end
    frames[1], frames[2] = frames[2], frames[1]
    return data[:HEAD] + b"".join(frames)


WRONG: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "magic": (flipped(1), "rescue-none"),
    "version": (flipped(3), "rescue-none"),
    "key name": (flipped(len(MAGIC) + 3), "rescue-key-unknown"),
    "point": (flipped(len(MAGIC) + KEY_NAME), "rescue-damaged"),
    "another point": (
        lambda data: data[: HEAD - 65] + packed_point() + data[HEAD:],
        "rescue-damaged",
    ),
    "length": (flipped(HEAD + 3), "rescue-damaged"),
    "list": (flipped(HEAD + 40), "rescue-damaged"),
    "photo": (flipped(-4000), "rescue-damaged"),
    "end": (flipped(-1), "rescue-damaged"),
    "order": (swapped, "rescue-damaged"),
    "cut in a frame": (lambda data: data[:-100], "rescue-damaged"),
    "last frame gone": (lambda data: data[:-20], "rescue-damaged"),
    "only its head": (lambda data: data[:HEAD], "rescue-damaged"),
    "half a head": (lambda data: data[:40], "rescue-damaged"),
    "more bytes": (lambda data: data + b"x", "rescue-damaged"),
    "the last frame twice": (lambda data: data + data[-20:], "rescue-damaged"),
    "empty": (lambda _: b"", "rescue-none"),
    "a picture": (lambda _: PICTURES[0], "rescue-none"),
}


def packed_point() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made = ec.generate_private_key(ec.SECP256R1()).public_key()
    return made.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@pytest.mark.parametrize("place", WRONG)
def test_a_wrong_byte_anywhere_is_a_clear_problem_and_nothing_is_stored(away: Away, place: str) -> None:
    change, code = WRONG[place]
    answer = away.carry(change(away.pack().sealed()))
    assert answer.status_code == 422
    assert answer.get_json()["type"] == f"/problems/{code}"
    assert away.nothing()


def test_a_list_that_does_not_tell_what_is_in_the_file_is_refused(away: Away) -> None:
    more, fewer, other = away.pack(), away.pack(), away.pack()
    more.files.append(b"one that the list does not name")
    fewer.files.pop()
    other.manifest["files"][0]["bytes"] += 1
    newer = away.pack(format=2)
    for wrong in (more, fewer, other, newer):
        assert away.carry(wrong.sealed()).get_json()["type"] == "/problems/rescue-damaged"
    assert away.nothing()


def test_a_pass_that_is_not_the_users_proves_nothing(away: Away, client: Callable[..., Caller]) -> None:
    other = make.user(away.office, role=Role.SHOPPER)
    theirs = rescue.invitation(away.office.settings, people.viewer_of(other))
    assert theirs
    for forged in (theirs.pass_, "0" * 64):
        answer = away.carry(away.pack(**{"pass": forged}).sealed())
        assert answer.get_json()["type"] == "/problems/rescue-forged"
    answer = away.carry(away.pack(user=str(uuid4())).sealed())
    assert answer.get_json()["type"] == "/problems/rescue-forged"
    assert away.nothing()
    assert client(away.author).get("/api/v1/session").get_json()["packing"]["pass"] != theirs.pass_


def test_a_file_for_another_server_says_so_and_an_older_key_still_opens(away: Away) -> None:
    sealed = away.pack().sealed()
    folder = rescue.folder(away.office.settings)
    (folder / "rescue-key.pem").rename(folder / "elsewhere.pem")
    rescue_keys.own.cache_clear()
    assert away.carry(sealed).get_json()["type"] == "/problems/rescue-key-unknown"
    (folder / "elsewhere.pem").rename(folder / "rescue-key-2026.pem")
    assert away.outcome(sealed)["outcome"] == "whole"


def test_a_wrong_visit_holds_up_no_other_and_head_office_can_save_its_content(
    away: Away, client: Callable[..., Caller]
) -> None:
    wrong = {
        **away.document,
        "id": str(uuid4()),
        "answers": {"Z-99": {"value": "pass", "note": "没有这一项"}},
    }
    unread = {**packed.carried(away.document), "id": str(uuid4()), "document": '{"id": "\\ud800'}
    visits = [packed.carried(wrong, kept=['{"answers": 1}']), packed.carried(away.document), unread]
    sealed = away.pack(visits=visits).sealed()
    told = away.carry(sealed).get_json()["visits"]
    assert [each["outcome"] for each in told] == ["refused", "whole", "refused"]

    def page(who: Caller) -> str:
        answer = who.post(
            "/rescue", data={"file": (io.BytesIO(sealed), "x.xtr")}, headers={"Accept": "text/html"}
        )
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    seen = page(client(Role.HQ))
    assert "太原迎泽大街营业厅" in seen
    content = b64decode(seen.split("data:application/json;base64,")[1].split('"')[0])
    assert "\\u6ca1\\u6709\\u8fd9\\u4e00\\u9879" in content.decode()
    # A reviewer carries like anybody else.
    for who in (client(Role.REVIEWER), away.carrier):
        other = page(who)
        assert "迎泽" not in other
        assert "base64" not in other
    refused = away.events("visit.rescue-refused")
    assert {event.subject_id for event in refused} == {wrong["id"], unread["id"]}


def test_a_disabled_users_visits_are_not_taken_and_not_lost(
    away: Away, client: Callable[..., Caller]
) -> None:
    sealed = away.pack().sealed()
    with away.office.work() as work:
        people.disable(work, away.author.username)
    assert away.outcome(sealed)["outcome"] == "disabled"
    assert away.nothing()
    answer = client(Role.ADMIN).post("/rescue", data={"file": (io.BytesIO(sealed), "x.xtr")})
    assert "base64," in answer.get_data(as_text=True)


def test_a_photo_that_the_phone_had_lost_is_missing_and_what_is_no_picture_is_refused(away: Away) -> None:
    broken = b"\xff\xd8\xff not a picture" + bytes(500)
    away.document["files"][1] = make.file_entry(broken, "A-01")
    without = packed.pack(away.office, away.author, [away.document], PICTURES[:1])
    assert away.outcome(without.sealed()) | {"visit": ""} == {
        "visit": "",
        "outcome": "receiving",
        "receipt": None,
        "files_missing": 1,
    }
    with_it = packed.pack(away.office, away.author, [away.document], [PICTURES[0], broken])
    assert away.outcome(with_it.sealed())["files_missing"] == 1
    lying = packed.pack(away.office, away.author, [away.document], [PICTURES[0], PICTURES[1]])
    lying.manifest["files"][1]["sha256"] = away.document["files"][1]["sha256"]
    assert away.outcome(lying.sealed())["files_missing"] == 1


def test_voice_notes_that_are_not_taken_here_hold_up_nothing(
    away: Away, client: Callable[..., Caller]
) -> None:
    spoken = {"kind": "audio", "type": "audio/aac", "origin": None, "ended_at": "2026-11-21T02:16:00Z"}
    away.document["files"].append(make.file_entry(b"spoken", None, **spoken))
    found = away.outcome(away.pack().sealed())
    assert found["outcome"] == "whole"
    answer = phone.put(client(away.author), away.document)
    assert answer.get_json()["receipt"]["number"] == found["receipt"]


def limited(away: Away, **given: int) -> None:
    """The server takes no more than this."""
    limits = replace(away.office.settings.limits, **given)
    away.carrier.browser.application.extensions["office"].settings = replace(
        away.office.settings, limits=limits
    )


def test_a_file_that_is_larger_than_the_server_takes_is_refused(away: Away) -> None:
    limited(away, rescue_bytes=1000)
    assert away.carry(away.pack().sealed()).status_code == 413
    assert away.nothing()


def test_a_visit_with_too_many_photos_holds_up_no_other(away: Away) -> None:
    limited(away, photos_per_visit=1)
    few = {**away.document, "id": str(uuid4()), "files": away.document["files"][:1]}
    sealed = packed.pack(away.office, away.author, [away.document, few], PICTURES).sealed()
    told = away.carry(sealed).get_json()["visits"]
    assert [(each["outcome"], each["files_missing"]) for each in told] == [("refused", 0), ("whole", 0)]


def test_a_photo_that_is_too_large_is_missing_and_the_others_come(away: Away) -> None:
    large = b"\xff\xd8\xff" + bytes(2_100_000)
    limited(away, document_bytes=50_000, photo_bytes=2_000_000)
    away.document["files"][1] = make.file_entry(large, "A-01", bytes=1_900_000)
    sealed = packed.pack(away.office, away.author, [away.document], [large, PICTURES[0]]).sealed()
    assert away.outcome(sealed) | {"visit": ""} == {
        "visit": "",
        "outcome": "receiving",
        "receipt": None,
        "files_missing": 1,
    }
    assert away.carry(flipped(HEAD + 1_000_000)(sealed)).get_json()["type"] == "/problems/rescue-damaged"


def test_versions_that_lost_a_choice_are_never_too_many(away: Away) -> None:
    visit = packed.carried(away.document, kept=["{}"] * 101)
    assert away.outcome(away.pack(visits=[visit]).sealed())["outcome"] == "whole"


def test_of_a_visit_that_was_taken_head_office_gets_the_versions_that_lost_a_choice(
    away: Away, client: Callable[..., Caller]
) -> None:
    assert away.outcome(away.pack().sealed())["outcome"] == "whole"
    # As a phone packs a visit that was delivered long ago: with no etag, and a photo that the visit does not name.
    other = make.picture(77)
    visit = packed.carried(away.document, kept=['{"notes": {"watch": "lost"}}'])
    sealed = packed.pack(away.office, away.author, [], [other], visits=[visit]).sealed()
    assert away.outcome(sealed)["outcome"] == "whole"
    assert len(away.events("visit.rescued")) == 1

    def page(who: Caller, bytes_: bytes) -> str:
        answer = who.post(
            "/rescue", data={"file": (io.BytesIO(bytes_), "x.xtr")}, headers={"Accept": "text/html"}
        )
        return answer.get_data(as_text=True)

    seen = page(client(Role.HQ), sealed)
    content = b64decode(seen.split("data:application/json;base64,")[1].split('"')[0])
    assert b'"watch": "lost"' in content
    assert "base64" not in page(away.carrier, sealed)
    assert "base64" not in page(client(Role.HQ), away.pack().sealed())


def test_what_did_not_go_into_one_file_comes_in_the_next(away: Away) -> None:
    visit = packed.carried(away.document)
    first, second = (
        packed.pack(away.office, away.author, [], [each], visits=[visit]).sealed() for each in PICTURES
    )
    assert away.outcome(first)["files_missing"] == 1
    assert away.outcome(second)["outcome"] == "whole"
    assert len(away.events("visit.rescued")) == 1


def test_a_file_that_proves_nothing_is_read_no_further_than_its_list(away: Away) -> None:
    forged = away.pack(**{"pass": "0" * 64})
    answer = away.carry(flipped(-1)(forged.sealed()))
    assert answer.get_json()["type"] == "/problems/rescue-forged"
    more = away.pack()
    more.files += [b"more"] * 100
    sealed = io.BytesIO(more.sealed())
    with pytest.raises(RescueDamaged):
        rescue_file.opened(sealed, rescue.folder(away.office.settings), away.office.settings.limits)
    assert len(sealed.getvalue()) - sealed.tell() > 90 * (4 + 16)


def test_documents_are_judged_each_by_itself(away: Away) -> None:
    long = {**away.document, "notes": {"how": "x" * 20_000}}
    nul = {**away.document, "notes": {"how": "\0"}}
    limited(away, document_bytes=20_000)
    visits = [
        packed.carried(long),
        packed.carried(nul),
        packed.carried(away.document, id=str(uuid4())),
        packed.carried(away.document),
    ]
    told = away.carry(away.pack(visits=visits).sealed()).get_json()["visits"]
    assert [each["outcome"] for each in told] == ["refused", "refused", "refused", "whole"]
    for visit, code in zip(visits, ("too_large_document", "nul_character", "id_differs"), strict=False):
        with pytest.raises(WrongDocument) as wrong:
            parsed(CarriedVisit.model_validate(visit), 20_000)
        assert [fault.message for fault in wrong.value.faults] == [code]


def test_a_refused_visit_is_told_of_once_however_often_its_file_comes(away: Away) -> None:
    away.document["answers"] = {**away.document["answers"], "Z-99": {"value": "pass"}}
    sealed = away.pack().sealed()
    for _ in range(3):
        assert away.outcome(sealed)["outcome"] == "refused"
    assert len(away.events("visit.rescue-refused")) == 1
    away.outcome(away.pack().sealed())
    assert len(away.events("visit.rescue-refused")) == 2


def test_who_makes_no_visits_any_more_has_none_carried(away: Away) -> None:
    draft = packed.carried({**away.document, "intent": "draft"})
    assert away.outcome(away.pack(visits=[draft]).sealed())["outcome"] == "draft"
    after = packed.carried(away.document, etag=draft["mark"])
    sealed = away.pack(visits=[after]).sealed()
    with away.office.work() as work:
        work.session.get_one(User, away.author.id).role = Role.HQ
    assert away.outcome(sealed)["outcome"] == "refused"
    with away.office.work() as work:
        assert not work.session.exec(select(Revision)).all()
        work.session.get_one(User, away.author.id).role = Role.SHOPPER
    assert away.outcome(sealed)["outcome"] == "whole"


@contextmanager
def full_disk(most: int) -> Iterator[None]:
    """No file on this machine grows beyond so many bytes."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def test_where_the_disk_is_full_the_carrier_sends_again(away: Away) -> None:
    sealed = away.pack().sealed()
    office, carrier = away.office, away.carrier.user
    assert carrier
    half = len(sealed) // 2
    with full_disk(half), pytest.raises(StorageFull), rescue.spooled(office, [sealed], None):
        raise AssertionError
    # The visit is here, and only its photos find no room.
    without = packed.pack(office, away.author, [away.document]).sealed()
    assert away.outcome(without)["outcome"] == "receiving"
    with pytest.raises(StorageFull), full_disk(len(PICTURES[0]) // 2):
        rescue.take_in(office, people.viewer_of(carrier), io.BytesIO(sealed))
    assert away.outcome(sealed)["outcome"] == "whole"


# What Flask had written of the form is closed by nobody but the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_form_that_finds_no_room_on_the_disk_says_so(away: Away) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="x.xtr"\r\n\r\n'
    body = form + bytes(1_500_000) + b"\r\n--x--\r\n"
    with full_disk(700_000):
        answer = away.carrier.post("/rescue", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 507
    gc.collect()


def test_a_request_that_was_cut_is_no_rescue_file(away: Away) -> None:
    with pytest.raises(BodyCut) as cut, rescue.spooled(away.office, [b"half"], 8):
        raise AssertionError
    assert (cut.value.announced, cut.value.arrived) == (8, 4)


@pytest.mark.parametrize("role", [Role.OUTLET_OWNER, Role.AUDITOR])
def test_who_is_no_colleague_or_changes_nothing_carries_nothing(
    away: Away, client: Callable[..., Caller], role: Role
) -> None:
    assert away.carry(away.pack().sealed(), client(role)).status_code == 403
    assert away.nothing()


def test_only_who_makes_visits_is_given_something_to_pack_with(client: Callable[..., Caller]) -> None:
    given = client(Role.HALL_MANAGER).get("/api/v1/session").get_json()["packing"]
    assert given["key"]
    assert given["most_bytes"] == 500_000_000
    assert client(Role.HQ).get("/api/v1/session").get_json()["packing"] is None
