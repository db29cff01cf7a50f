"""A voice note's life: an assignment declined and taken after all, one taken too late, spoken, cut off, heard by the review, deleted after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.cli import run
from server.storage.visits import Assignment, AssignmentState
from server.usecases.work import Office
from tests.e2e import short
from tests.e2e.desk import Desk
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, undrawn, whole
from tests.e2e.server import APPLICATION, own_root, wait_for
from tests.e2e.stored import reading
from tests.e2e.test_reach import findings
from tests.gunicorn import Server, running

GROUND = "晋法〔2026〕12 号：只录神秘顾客自己的话"
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
SOUNDS = reading("return (await rows('bytes')).filter(({ type }) => type.startsWith('audio/')).length;")
PIECES = """async () => {
    const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = () => no(request.error); });
    for (const {name} of await indexedDB.databases()) {
        if (!name.startsWith("xunting-")) continue;
        const db = await asked(indexedDB.open(name));
        const keys = await asked(db.transaction("meta").objectStore("meta").getAllKeys());
        db.close();
        if (keys.some((key) => key.startsWith("voice/"))) return true;
    }
    return false;
}"""
STREAMS = """() => {
    window.microphones = [];
    const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => { const got = await asked(wanted); microphones.push(...got.getTracks()); return got; };
}"""
"""Keeps hold of every microphone that the page opens, to see whether it is let go."""
SILENT = "microphones.length > 0 && microphones.every((track) => track.readyState === 'ended')"
LENGTH = """(audio) => new Promise((done, no) => {
    audio.onloadedmetadata = () => done(audio.duration > 0);
    audio.onerror = () => no(new Error(audio.error.message));
    audio.preload = "auto";
    audio.load();
})"""


@pytest.fixture
def server(tmp_path: Path, built: Path) -> Iterator[Server]:
    """A server where voice notes have a ground."""
    extra = {"XUNTING_TEST_ROOT": str(own_root(tmp_path / "root", built)), "XUNTING_VOICE_GROUND": GROUND}
    with running(tmp_path / "data", threads=8, extra=extra, application=APPLICATION) as server:
        yield server


def declined_and_taken(
    inspector: Phone, people: Organisation, office: Office, screens: Callable[[Page, str], None]
) -> None:
    """Say no without a network, see it wait, let it be sent, and take the assignment after all."""
    task = people.short.id

    def state() -> AssignmentState:
        with office.work(write=False) as work:
            return work.session.get_one(Assignment, task).state

    inspector.tap(f"due-{task}")
    answer = inspector.at(f"answer-{task}")
    expect(answer).to_be_visible()
    screens(inspector.page, "assigned")
    inspector.offline()
    inspector.tap("decline")
    inspector.tap("decline-send")
    expect(inspector.at("declining")).to_contain_text("请写明原因")
    inspector.type("decline-why", "那天不在太原")
    screens(inspector.page, "decline")
    assert findings(inspector.page) == []
    inspector.tap("decline-send")
    expect(answer).to_contain_text("那天不在太原 · 等待发送")
    expect(inspector.at("net-strip")).to_contain_text("没有网络 · 1 份答复待发送")
    inspector.open("#/outbox")
    expect(inspector.at(f"answered-{task}")).to_contain_text("等待发送")
    expect(inspector.at("screen-outbox")).not_to_contain_text("都送达了")
    screens(inspector.page, "answer-waits")
    assert findings(inspector.page) == []
    inspector.open("#/me")
    inspector.tap("log-out")
    expect(inspector.page.get_by_role("dialog")).to_contain_text("还有 1 份答复没有送达")
    screens(inspector.page, "answer-log-out")
    inspector.page.keyboard.press("Escape")
    inspector.open("#/today")
    expect(inspector.at("screen-today")).to_be_visible()
    expect(inspector.at(f"due-{task}")).to_be_hidden()
    inspector.offline(False)
    inspector.send()
    wait_for(lambda: state() is AssignmentState.DECLINED, lambda: f"{state()}")
    inspector.open(f"#/outlet/{people.other_hall.id}")
    expect(answer).not_to_contain_text("等待发送")
    screens(inspector.page, "declined")
    inspector.tap("take")
    expect(answer).to_contain_text("已接受")
    wait_for(lambda: state() is AssignmentState.TAKEN, lambda: f"{state()}")
    inspector.send()


def accepted_too_late(
    inspector: Phone, people: Organisation, office: Office, screens: Callable[[Page, str], None]
) -> None:
    """Accept without a network what head office withdraws meanwhile; be told so there and in the outbox, until it was read."""
    task = people.mystery.id
    inspector.tap(f"due-{task}")
    inspector.offline()
    inspector.tap("take")
    expect(inspector.at(f"answer-{task}")).to_contain_text("已接受 · 等待发送")
    with office.work() as work:
        found = work.session.get_one(Assignment, task)
        found.state, found.changed_at = AssignmentState.WITHDRAWN, work.now
    inspector.offline(False)
    told = inspector.at(f"answered-{task}")
    expect(told).to_contain_text("省公司已撤回这次任务")
    expect(inspector.at("screen-outlet")).not_to_contain_text("本机没有这个网点")
    screens(inspector.page, "withdrawn")
    assert findings(inspector.page) == []
    inspector.open("#/today")
    inspector.page.get_by_role("button", name="没有送出，请看原因").tap()
    screens(inspector.page, "withdrawn-outbox")
    told.get_by_test_id("answer-read").tap()
    expect(inspector.at("screen-outbox")).to_contain_text("都送达了")
    inspector.open(f"#/outlet/{people.hall.id}?assignment={task}")
    expect(inspector.at("outcome")).to_contain_text("这次任务已撤回")
    screens(inspector.page, "withdrawn-read")
    inspector.open("#/today")


def no_recording_unseen(inspector: Phone, visit: str) -> None:
    """Notes over the screen, or the visit taken over by another tab: the microphone is let go, what was said is kept."""
    page, notes = inspector.page, inspector.at("voice-notes").locator("audio")
    clock = inspector.at("voice-notes").locator(".clock")
    switch = inspector.at("discreet").get_by_role("switch")
    page.evaluate(f"({STREAMS})()")
    inspector.open("#/me")
    switch.tap()
    inspector.open(f"#/visit/{visit}/A")
    inspector.tap("voice")
    expect(notes).to_have_count(2)
    inspector.tap("voice-start")
    expect(clock).to_contain_text("00:01")
    page.keyboard.press("F2")
    expect(inspector.at("notes")).to_be_visible()
    inspector.holds(SILENT)
    page.keyboard.press("F2")
    expect(notes).to_have_count(3)
    inspector.tap("voice-start")
    expect(clock).to_contain_text("00:01")
    inspector.another_tab()
    inspector.open(f"#/visit/{visit}/A")
    inspector.page.keyboard.press("F2")
    expect(inspector.at("screen-visit")).to_be_visible()
    inspector.page.locator(".notice.bad").get_by_role("button").tap()
    expect(inspector.page.locator(".notice.bad")).to_be_hidden()
    other = inspector.page
    inspector.look_at(page)
    inspector.holds(SILENT)
    expect(inspector.at("voice-stop")).to_have_count(0)
    wait_for(lambda: page.evaluate(PIECES), lambda: "the last piece was not stored")
    other.close()
    # A visit that another tab still holds is only shown, and what was said is gathered where it may be written.
    inspector.holds(
        f"navigator.locks.query().then(({{ held }}) => held.every((one) => one.name !== 'visit-{visit}'))"
    )
    page.reload()
    expect(inspector.at("notes")).to_be_visible()
    page.keyboard.press("F2")
    inspector.open("#/me")
    switch.tap()
    expect(page.locator("html")).not_to_have_attribute("data-discreet", "")
    inspector.open(f"#/visit/{visit}/A")
    inspector.tap("voice")
    expect(notes).to_have_count(4)
    for _ in range(2):
        inspector.at("voice-notes").get_by_role("button", name="Delete this note").last.tap()
        inspector.tap("voice-remove")
        expect(inspector.at("voice-remove")).to_have_count(0)


def test_a_voice_note_is_kept_heard_and_deleted_after_the_review(
    phone: Callable[..., Phone],
    desk: Callable[..., Desk],
    people: Organisation,
    office: Office,
    worker: Server,
    screens: Callable[[Page, str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    inspector = phone(flags=MICROPHONE, permissions=["geolocation", "microphone"])
    inspector.ready(people.user("shopper1"), people.short.id)
    declined_and_taken(inspector, people, office, screens)
    accepted_too_late(inspector, people, office, screens)
    visit = inspector.begin(people.short.id)
    undrawn(office, visit)
    dialog = inspector.at("voice-notes")
    notes = dialog.locator("audio")

    inspector.choose("A-01", "pass")
    screens(inspector.page, "section")
    inspector.tap("voice")
    expect(dialog).to_contain_text(GROUND)
    expect(dialog).to_contain_text("只录您自己的话")
    screens(inspector.page, "told")
    assert findings(inspector.page) == []
    inspector.tap("voice-understood")
    inspector.tap("voice-start")
    wait_for(lambda: inspector.page.evaluate(PIECES), lambda: "no piece was stored")
    screens(inspector.page, "recording")
    assert findings(inspector.page) == []
    # The narrow phone of somebody who reads English in large letters, after the page died in the middle of a word.
    inspector.page.set_viewport_size({"width": 320, "height": 568})
    inspector.page.emulate_media(color_scheme="dark")
    inspector.page.evaluate(
        "localStorage.setItem('language', 'en'); localStorage.setItem('text-size', '200')"
    )
    inspector.page.reload()
    inspector.tap("voice")
    expect(notes).to_have_count(1)
    inspector.tap("voice-start")
    expect(dialog.locator(".clock")).to_contain_text("00:01")
    screens(inspector.page, "recording-320-dark-en")
    inspector.tap("voice-stop")
    expect(notes).to_have_count(2)
    for at in range(2):
        assert notes.nth(at).evaluate(LENGTH)
    screens(inspector.page, "recorded-320-dark-en")
    assert findings(inspector.page) == []
    no_recording_unseen(inspector, visit)
    dialog.get_by_role("button", name="Delete this note").last.tap()
    inspector.tap("voice-remove")
    expect(notes).to_have_count(1)
    inspector.tap("voice-close")
    screens(inspector.page, "section-320-dark-en")
    inspector.page.evaluate("localStorage.setItem('text-size', '100')")
    inspector.page.emulate_media(color_scheme="light")
    inspector.page.set_viewport_size({"width": 390, "height": 844})

    short.filled(inspector)
    inspector.finish()
    inspector.submit()
    inspector.whole()
    found = whole(office, visit)
    named = {file["sha256"] for file in found.document["files"]}
    heard = [file for file in found.files if file.kind == "audio"]
    (spoken,) = [file for file in heard if file.sha256 in named]
    assert inspector.page.evaluate(SOUNDS) == 1

    reviewer = desk(people.user("reviewer1"))
    page = reviewer.page
    page.goto(f"/visits/{visit}")
    assert page.locator("#s-A audio").evaluate(LENGTH)
    screens(page, "review")
    assert findings(page) == []
    page.goto(f"/visits/{visit}?lang=en")
    screens(page, "review-en")
    page.locator("#accept").click()
    expect(page.locator(".said.good")).to_be_visible()

    def expired() -> bool:
        found = held(office, visit)
        return bool(found) and found.happened("file.expired") == len(heard)

    wait_for(expired, lambda: f"{held(office, visit)}")
    # Those too that were deleted before, where a draft had brought them to the server.
    assert not any(office.files.has(file.sha256, kind="audio") for file in heard)
    assert reviewer.api("GET", f"/api/v1/photos/{spoken.sha256}").status == 410
    page.goto(f"/visits/{visit}")
    expect(page.locator("#s-A .voices")).to_contain_text("审核后已删除")
    screens(page, "reviewed")
    inspector.open("#/today")
    inspector.send()
    wait_for(lambda: inspector.page.evaluate(SOUNDS) == 0, lambda: "the phone keeps the sound")
    environment = {
        "XUNTING_DATA": str(worker.settings.data),
        "XUNTING_SECRET": "s" * 32,
        "XUNTING_VOICE_GROUND": GROUND,
        "LANG": "en",
    }
    assert run(["doctor"], environment) == 0
    assert f"{len(heard)} files have expired" in capsys.readouterr().out
