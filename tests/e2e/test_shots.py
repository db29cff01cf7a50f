"""Photos of a recheck: the earlier one over the camera without a network, a burst, captions, marks, and a kill in the middle."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from PIL import Image
from playwright.sync_api import Page, expect

from server.config import ROOT
from server.domain.visit import SHANGHAI, VisitKind, VisitState
from server.storage.visits import Visit
from server.usecases import campaigns
from server.usecases.work import Office
from tests import photographs, submitted
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held
from tests.e2e.server import wait_for
from tests.e2e.test_reach import findings

_KEYS = """async () => {
    const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = () => no(request.error); });
    const found = [];
    for (const {name} of await indexedDB.databases()) {
        if (!name.startsWith("xunting-")) continue;
        const db = await asked(indexedDB.open(name));
        found.push(...await asked(db.transaction("bytes").objectStore("bytes").getAllKeys()));
        db.close();
    }
    return found;
}"""


def rechecked(office: Office, people: Organisation, picture: bytes) -> tuple[UUID, UUID]:
    """An accepted visit in which A-01 failed with this photo, given to the area manager to recheck; gives visit and assignment."""
    seen = submitted.visit(
        office,
        people.user("reviewer2"),
        people.other_hall,
        kind="announced",
        photos=[picture],
        answers={**submitted.GOOD, "A-01": {"value": "fail", "note": "灯箱不亮"}},
        state=VisitState.ACCEPTED,
    )
    with office.work() as work:
        visit = work.session.get(Visit, seen.id)
        assert visit
        visit.accepted_revision = 1
    with office.work() as work:
        today = work.now.astimezone(SHANGHAI).date()
        (made,) = campaigns.assign(
            work,
            username=people.user("manager1").username,
            outlets=[people.other_hall.code],
            kind=VisitKind.RECHECK,
            checklist="small-hall",
            window_from=today,
            window_to=today,
            recheck_of=seen.id,
        )
        return seen.id, made.id


def scene(folder: Path) -> Path:
    """What the camera sees: seconds of a photograph, no two frames alike."""
    with Image.open(photographs.SOURCE) as opened:
        whole = opened.convert("RGB").resize((980, 740))
    frames = folder / "scene.mjpeg"
    with frames.open("wb") as out:
        for number in range(200):
            right, down = number % 20, number // 20
            frame = io.BytesIO()
            whole.crop((right, down, right + 960, down + 720)).save(frame, "JPEG", quality=80)
            out.write(frame.getvalue())
    return frames


def test_a_recheck_is_photographed_from_the_same_place_in_a_burst_and_marked(
    phone: Callable[..., Phone],
    people: Organisation,
    office: Office,
    tmp_path: Path,
    screens: Callable[[Page, str], None],
) -> None:
    earlier = photographs.file(4).read_bytes()
    before, assignment = rechecked(office, people, earlier)
    inspector = phone(
        permissions=["geolocation", "camera"],
        flags=[
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={scene(tmp_path)}",
        ],
    )
    inspector.ready(people.user("manager1"), assignment)
    name = f"before/{sha256(earlier).hexdigest()}"
    wait_for(lambda: name in inspector.page.evaluate(_KEYS), lambda: "the photo from before never came")
    inspector.offline()
    visit = inspector.begin(assignment)
    inspector.section("A")
    inspector.choose("A-01", "fail")
    card = inspector.card("A-01")
    expect(inspector.at("before").locator("img")).to_be_visible()
    screens(inspector.page, "card")
    assert findings(inspector.page) == []
    inspector.at("before").locator("button").tap()
    expect(inspector.page.get_by_role("dialog").locator("img.large")).to_be_visible()
    inspector.page.keyboard.press("Escape")

    card.get_by_role("button", name="连拍").tap()
    camera = inspector.at("camera")
    expect(inspector.at("ghost")).to_be_visible()
    expect(inspector.at("shutter")).to_be_enabled()
    screens(inspector.page, "camera")
    assert findings(inspector.page) == []
    camera.get_by_role("button", name="70%").tap()
    for _ in range(3):
        inspector.tap("shutter")
    expect(inspector.at("kept")).to_have_count(3)
    expect(camera.get_by_role("status")).to_have_text("已保存 3 张")
    screens(inspector.page, "burst")
    # What was shown as stored is there, whatever became of the one that was just taken.
    inspector.tap("shutter")
    inspector.kill()
    inspector.restart(offline=True)
    inspector.open(f"#/visit/{visit}/A")
    card = inspector.card("A-01")
    expect(card.locator(".shots:not(.earlier) .shot").nth(2)).to_be_visible()
    files = inspector.stored(visit)["document"]["files"]
    assert len(files) in (3, 4)
    assert {file["origin"] for file in files} == {"camera"}
    assert {file["sha256"] for file in files} <= set(inspector.page.evaluate(_KEYS))

    for at in range(3):
        card.locator(".shots:not(.earlier) .shot").nth(at).tap()
        viewer = inspector.at("photo")
        viewer.locator("textarea").fill(f"灯箱 {at + 1}")
        viewer.get_by_role("button", name="完成").tap()
        expect(viewer).to_be_hidden()
    first = files[0]["sha256"]
    card.locator(".shots:not(.earlier) .shot").first.tap()
    screens(inspector.page, "viewer")
    inspector.at("photo").get_by_role("button", name="标注").tap()
    marks = inspector.at("marks")
    surface = inspector.at("drawing").locator("svg")
    box = surface.bounding_box()
    assert box
    mouse = inspector.page.mouse
    mouse.move(box["x"] + 30, box["y"] + 30)
    mouse.down()
    mouse.move(box["x"] + 120, box["y"] + 90, steps=4)
    mouse.up()
    marks.get_by_role("button", name="圆圈").tap()
    surface.tap(position={"x": box["width"] * 0.7, "y": box["height"] * 0.5})
    inspector.at("drawing").press("ArrowDown")
    expect(marks.get_by_role("status")).to_have_text("2 处标注")
    # Two fingers draw nothing.
    session = inspector.page.context.new_cdp_session(inspector.page)
    fingers = [
        {"x": box["x"] + 60, "y": box["y"] + 60, "id": 0},
        {"x": box["x"] + 160, "y": box["y"] + 90, "id": 1},
    ]
    for kind, points in (("Start", fingers[:1]), ("Start", fingers), ("End", fingers[1:]), ("End", [])):
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    session.detach()
    expect(marks.get_by_role("status")).to_have_text("2 处标注")
    screens(inspector.page, "marks")
    assert findings(inspector.page) == []
    marks.get_by_role("button", name="保存标注").tap()
    expect(marks).to_be_hidden()
    screens(inspector.page, "marked")
    inspector.at("photo").get_by_role("button", name="完成").tap()

    # The camera ends under the notes; what opened it has the focus when they are put away.
    switch = inspector.at("discreet").get_by_role("switch")
    inspector.open("#/me")
    switch.tap()
    inspector.open(f"#/visit/{visit}/A")
    opener = card.get_by_role("button", name="连拍")
    opener.tap()
    expect(inspector.at("shutter")).to_be_enabled()
    inspector.page.keyboard.press("F2")
    expect(inspector.at("notes")).to_be_visible()
    expect(inspector.at("camera")).to_have_count(0)
    inspector.page.keyboard.press("F2")
    expect(opener).to_be_focused()
    inspector.open("#/me")
    switch.tap()
    inspector.open(f"#/visit/{visit}/A")
    expect(inspector.at("screen-visit")).to_be_visible()

    inspector.offline(False)
    inspector.page.reload()
    expect(inspector.at("screen-visit")).to_be_visible()
    files = inspector.stored(visit)["document"]["files"]
    assert {f"灯箱 {at}" for at in (1, 2, 3)} <= {file["caption"] for file in files}
    assert first not in {file["sha256"] for file in files}
    inspector.send()

    def arrived() -> bool:
        found = held(office, visit)
        return bool(found) and {file["sha256"] for file in files} <= {file.sha256 for file in found.files}

    wait_for(arrived, lambda: f"never arrived: {files}")
    there = held(office, visit)
    assert there
    assert there.visit.recheck_of == before
    (marked,) = (file for file in files if file["caption"] == "灯箱 1")
    picture = office.files.get(marked["sha256"])
    if os.environ.get("SCREENS"):
        (ROOT / "build" / "screens" / "marked.jpg").write_bytes(picture)
    with Image.open(io.BytesIO(picture)) as opened:
        assert opened.size == (960, 720)
        assert not opened.getexif()
        red = sum(count for count, (r, g, b) in opened.getcolors(1 << 24) if r > 190 and g < 60 and b < 80)
    assert red > 5000
