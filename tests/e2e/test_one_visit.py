"""One visit from the first load of the app to its receipt, with no network most of the way and one kill."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from server.domain.visit import VisitDocument
from server.usecases.receipts import by_signature
from server.usecases.work import Office
from tests import photographs
from tests.e2e.desk import Desk
from tests.e2e.filling import Filling, checklist, fill
from tests.e2e.organisation import Organisation
from tests.e2e.phone import NOTE, STORY, Phone
from tests.e2e.records import held, picture, undrawn, whole
from tests.e2e.server import wait_for
from tests.gunicorn import Server

FORM = checklist("own-hall-mystery")
ITEMS = [item for section in FORM["sections"] for item in section["items"]]
ALL = [item["id"] for item in ITEMS]
VALUES = {"OH-02": "busy", "OH-09": "fail", "OH-12": "1", "OH-41": "na", "OH-27": "fail", "OH-11": "2"}


@pytest.mark.usefixtures("alone")
def test_the_app_can_be_installed_and_starts_without_a_network(
    phone: Callable[..., Phone], people: Organisation, server: Server, screens: Callable[[Page, str], None]
) -> None:
    inspector = phone()
    inspector.open()
    screens(inspector.page, "log-in")
    inspector.ready(people.user("shopper1"), people.mystery.id)
    screens(inspector.page, "today")

    cdp = inspector.context.new_cdp_session(inspector.page)
    manifest = cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/app/manifest.webmanifest")
    shown = inspector.page.evaluate("async () => (await fetch('/app/manifest.webmanifest')).json()")
    assert "巡厅" not in f"{shown['name']}{shown['short_name']}", (
        "the name on the home screen must tell nothing"
    )
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in shown["icons"]}
    assert any("maskable" in icon["purpose"] for icon in shown["icons"])
    for icon in [*shown["icons"], *shown.get("screenshots", [])]:
        drawn = inspector.page.evaluate(
            "async (src) => { const image = await createImageBitmap(await (await fetch(new URL(src, location.origin + '/app/'))).blob()); return `${image.width}x${image.height}`; }",
            icon["src"],
        ) if icon["type"] != "image/svg+xml" else icon["sizes"]  # fmt: skip
        assert drawn == icon["sizes"]
    problems = {
        error["errorId"] for error in cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    }
    assert problems <= {"in-incognito"}, problems

    inspector.kill()
    server.kill()
    inspector.restart(offline=True)
    expect(inspector.at(f"due-{people.mystery.id}")).to_be_visible()
    expect(inspector.at("net-strip")).to_contain_text("没有网络")
    inspector.begin(people.mystery.id)
    expect(inspector.page.locator("section.item")).to_have_count(6)
    for place in ("outlets", "outbox", "me", "today"):
        inspector.open(f"#/{place}")
        expect(inspector.at(f"screen-{place}")).to_be_visible()
    first = inspector.page.locator("[data-testid^=due-]").first
    expect(first).to_have_attribute("data-testid", f"due-{people.short.id}")
    inspector.tap("day-order")
    expect(first).to_have_attribute("data-testid", f"due-{people.mystery.id}")
    screens(inspector.page, "nearest-first")


@pytest.mark.usefixtures("alone")
def test_a_shopper_fills_a_visit_offline_it_arrives_whole_and_is_printed(
    phone: Callable[..., Phone],
    people: Organisation,
    server: Server,
    office: Office,
    screens: Callable[[Page, str], None],
    desk: Callable[..., Desk],
    tmp_path: Path,
) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.mystery.id)
    visit = inspector.begin(people.mystery.id)
    inspector.offline()
    server.kill()

    def killed() -> None:
        inspector.kill()
        inspector.restart(offline=True)
        expect(inspector.at(f"draft-{visit}")).to_contain_text("39 / 69")
        inspector.tap(f"draft-{visit}")
        expect(inspector.at("section-G")).to_have_attribute("aria-current", "step")
        expect(inspector.card("OH-40")).to_be_in_viewport()
        inspector.chosen("OH-40", "pass")
        # The timer of an earlier section ran on through the death of the browser.
        expect(inspector.page.locator(".running-timers button")).to_have_count(1)
        screens(inspector.page, "after-the-kill")

    photos = {
        "OH-01": [photographs.file(1)],
        "OH-07": [photographs.file(2, orientation=6)],
        "OH-08": [photographs.file(3, orientation=8)],
        "OH-09": [photographs.file(4, orientation=3), photographs.file(5)],
        "OH-26": [photographs.file(6)],
    }
    done = fill(
        inspector,
        FORM,
        Filling(
            VALUES, photos, later=frozenset({"OH-42"}), running=frozenset({"OH-26"}), after={"OH-40": killed}
        ),
    )
    assert done == ALL
    inspector.section("E")
    inspector.stop_timer("OH-26")
    screens(inspector.page, "section-E")

    inspector.finish()
    expect(inspector.at("missing")).to_contain_text("没有缺项")
    expect(inspector.page.locator(".live-score, .big-score, .score-block")).to_have_count(0)
    inspector.type("notes-strengths", "引导员主动热情。")
    screens(inspector.page, "finish")
    inspector.submit()
    inspector.open("#/outbox")
    expect(inspector.at(f"outbox-{visit}")).to_have_attribute("data-state", "waiting")
    expect(inspector.at("net-strip")).to_contain_text("1 份检查、6 张照片")
    screens(inspector.page, "outbox")
    sent = inspector.stored(visit)["document"]

    server.start()
    inspector.offline(False)
    expect(inspector.at(f"outbox-{visit}")).to_have_attribute("data-state", "sent")
    inspector.open(f"#/read/{visit}")
    number = inspector.whole()
    expect(inspector.at("ladder")).to_contain_text(f"已收齐 · 回执 {number}")
    # What the phone hands out is the signed list itself, and the published key tells that it is genuine.
    with inspector.page.expect_download() as handed:
        inspector.tap("save-receipt")
    receipt = json.loads(Path(handed.value.path()).read_text("utf-8"))
    keys = inspector.page.evaluate("async () => (await fetch('/receipt-keys.pem')).text()")
    assert by_signature(receipt, keys).standing == "genuine"
    assert (receipt["number"], len(receipt["files"])) == (number, 6)
    screens(inspector.page, "record")
    assert not inspector.page.locator(".big-score, .score-block").count()
    assert (
        inspector.page.evaluate(
            "async id => (await (await fetch(`/api/v1/visits/${id}`)).json()).score", visit
        )
        is None
    )

    found = whole(office, visit)
    assert number in str(found.revisions[0].receipt)
    document = found.document
    assert set(document["answers"]) == set(ALL)
    assert (
        document["answers"]
        == VisitDocument.model_validate_json(json.dumps(sent)).model_dump(mode="json")["answers"]
    )
    assert document["answers"]["OH-42"].get("pending") is True
    assert document["answers"]["OH-58"]["no_photo"] == "unnoticed"
    assert document["answers"]["OH-09"]["note"] == NOTE
    assert document["answers"]["OH-68"]["value"] == STORY
    assert document["answers"]["OH-12"]["value"] == 1
    assert len(document["answers"]["OH-26"]["timer"]["laps"]) == 1
    assert document["notes"]["strengths"] == "引导员主动热情。"
    assert document["position"]["start"]["lat"] == 37.8601
    assert document["left_at"]
    assert document["finished_at"]
    assert [file["item"] for file in document["files"]] == [
        "OH-01",
        "OH-07",
        "OH-08",
        "OH-09",
        "OH-09",
        "OH-26",
    ]
    for file in document["files"]:
        arrived = picture(office, file["sha256"])
        upright = (1200, 1600) if file["item"] in ("OH-07", "OH-08") else (1600, 1200)
        assert arrived.size == upright, file
        assert not arrived.getexif(), "position, camera and turn must not stay in the picture"
        assert file["bytes"] <= 400_000
        assert file["taken_at"].startswith("2026-11-21T02:15:00")
        assert photographs.MODEL.encode() not in office.files.get(file["sha256"])

    # The proof that was to follow is asked for, comes, and two readers' work is printed.
    undrawn(office, visit)
    server.start_worker()
    reviewer = desk(people.user("reviewer1"))
    refused = reviewer.decide(visit, 1, "accept")
    assert refused.status == 409, refused.text()
    returned = reviewer.decide(visit, 1, "return", [{"item": "OH-42", "text": "短信到了吗？请补上截图。"}])
    assert returned.json()["state"] == "returned"
    inspector.send()
    inspector.tap(f"returned-{visit}")
    inspector.page.locator(".quote-box .link").tap()
    inspector.choose("OH-42", "pass")
    inspector.photograph("OH-42", photographs.file(9), album=True)
    inspector.finish()
    inspector.submit()
    wait_for(lambda: whole_at(office, visit, 2), lambda: f"{held(office, visit)}")
    # Its photographs are looked through first; until then nobody accepts it.
    wait_for(
        lambda: reviewer.decide(visit, 2, "accept").json().get("state") == "accepted",
        lambda: f"{held(office, visit)}",
    )
    wait_for(lambda: reports(office, visit), lambda: "no report")
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(reviewer.api("GET", f"/api/v1/visits/{visit}/report.pdf").body())
    said = subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True
    ).stdout
    text = "".join(said.split())
    assert people.hall.name in text
    for failed in ("OH-09", "OH-27"):
        assert "".join(next(item["text"]["zh"] for item in ITEMS if item["id"] == failed).split()) in text
    assert NOTE in text
    signed = subprocess.run(["pdfsig", pdf], capture_output=True, text=True, check=True).stdout
    assert "Signature is Valid" in signed
    subprocess.run(["qpdf", "--check", pdf], capture_output=True, check=True)


def whole_at(office: Office, visit: str, revision: int) -> bool:
    """Whether this revision has arrived whole."""
    found = held(office, visit)
    return found is not None and found.visit.revision == revision and found.visit.whole_at is not None


def reports(office: Office, visit: str) -> int:
    """How many reports were signed."""
    found = held(office, visit)
    return len(found.reports) if found else 0
