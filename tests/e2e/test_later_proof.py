"""Later proof in a hand: marked for later, submitted, proved from Today while a reviewer has it open, also after a kill."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from server.usecases import review
from server.usecases.work import Office
from tests import submitted
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.records import held, whole


def test_proof_is_added_to_a_submitted_visit_and_reviewed_with_it(
    phone: Callable[..., Phone],
    people: Organisation,
    office: Office,
    screens: Callable[[Page, str], None],
) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    short.filled(inspector)
    inspector.section("B")
    inspector.card("B-02").locator(".head .icon-button").tap()
    inspector.card("B-02").get_by_role("button", name="清除回答").tap()
    inspector.later("B-02")
    inspector.finish()
    inspector.submit()
    inspector.whole()
    before = whole(office, visit).document
    with office.work(submitted.viewer(people.user("reviewer1"))) as work:
        review.open_(work, held(office, visit).visit.id)

    inspector.send()
    card = inspector.at(f"proof-{visit}")
    expect(card).to_contain_text("1 项待补")
    screens(inspector.page, "today")
    card.tap()
    expect(inspector.at("screen-record")).to_be_visible()
    expect(inspector.at("submit-proof")).to_be_hidden()
    screens(inspector.page, "waiting")
    inspector.offline()
    inspector.choose("B-02", "fail")
    inspector.note("B-02", "账单比告知多两元")
    screens(inspector.page, "proved")

    inspector.kill()
    inspector.restart(offline=True)
    inspector.tap(f"proof-{visit}")
    inspector.chosen("B-02", "fail")
    inspector.tap("submit-proof")
    expect(inspector.at("proof")).to_be_hidden()
    screens(inspector.page, "queued")
    assert held(office, visit).visit.revision == 1
    inspector.offline(False)
    inspector.whole()

    found = whole(office, visit, revision=2)
    assert found.visit.state == "submitted"
    assert found.document["answers"]["B-02"]["value"] == "fail"
    assert [file["item"] for file in found.document["files"]] == ["A-01"]
    for ends in ("started_at", "left_at", "finished_at"):
        assert found.document[ends] == before[ends]
    inspector.send()
    expect(inspector.at(f"sent-{visit}")).to_be_visible()
    expect(inspector.at(f"proof-{visit}")).to_have_count(0)
