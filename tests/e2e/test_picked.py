"""Several pictures picked at once: the good ones stay whatever becomes of the others, and a kill among them is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from server.usecases.work import Office
from tests.e2e import short
from tests.e2e.organisation import Organisation
from tests.e2e.phone import Phone
from tests.e2e.test_actions_phone import actions_of, made_by_hand
from tests.e2e.test_left import logged_in, logged_out

Screens = Callable[[Page, str], None]


@pytest.fixture
def album(tmp_path: Path) -> Callable[..., list[Path]]:
    """Small pictures, each its own; what is called bad is none."""

    def made(*names: str) -> list[Path]:
        folder = tmp_path / "album"
        folder.mkdir(exist_ok=True)
        files = [folder / f"{name}.jpg" for name in names]
        for at, file in enumerate(files):
            if "bad" in file.name:
                file.write_bytes(b"no picture")
            else:
                Image.new("RGB", (640 + at, 480), (at * 9 % 256, 99, 140)).save(file)
        return files

    return made


def picked(page: Page, button: Locator, files: list[Path]) -> None:
    with page.expect_file_chooser() as chooser:
        button.tap()
    chooser.value.set_files(files)


def test_one_that_cannot_be_read_takes_no_other_with_it(
    phone: Callable[..., Phone],
    people: Organisation,
    album: Callable[..., list[Path]],
    screens: Screens,
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    card = inspector.card("A-01")
    inspector.unfold("A-01", card.locator(".add").first)
    picked(inspector.page, card.locator(".add").nth(1), album("one", "bad", "three", "four"))
    said = inspector.page.locator(".message")
    expect(said).to_contain_text("4 张照片里有 1 张没有存上。 bad.jpg：这个文件不是能用的图片。")
    expect(card.locator(".shot")).to_have_count(3)
    expect(card.locator(".photos > .under")).to_be_empty()
    screens(inspector.page, "one-failed")
    assert len(inspector.stored(visit)["document"]["files"]) == 3


def test_an_answer_to_a_corrective_action_can_be_handed_in_after_one_that_failed(
    phone: Callable[..., Phone],
    people: Organisation,
    office: Office,
    album: Callable[..., list[Path]],
) -> None:
    made_by_hand(phone, people)
    (action,) = actions_of(office, people)
    owner = phone(shared=True)
    owner.log_in(people.user("owner1"))
    owner.open(f"#/action/{action['id']}")
    picked(owner.page, owner.at("proof-album"), album("bad", "two", "three"))
    expect(owner.page.locator(".message")).to_contain_text("3 张照片里有 1 张没有存上。 bad.jpg")
    expect(owner.page.locator(".shots .shot")).to_have_count(2)
    expect(owner.at("hand-in")).to_be_enabled()


def test_a_phone_killed_among_them_says_how_many_may_be_missing(
    phone: Callable[..., Phone],
    people: Organisation,
    album: Callable[..., list[Path]],
    screens: Screens,
) -> None:
    inspector = phone()
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    inspector.offline()
    inspector.choose("A-01", "pass")
    card = inspector.card("A-01")
    inspector.unfold("A-01", card.locator(".add").first)
    picked(inspector.page, card.locator(".add").nth(1), album(*(f"{at}" for at in range(40))))
    expect(card.locator(".shot").nth(1)).to_be_visible()
    inspector.kill()
    inspector.restart(offline=True)
    expect(inspector.at("screen-visit")).to_be_visible()
    expect(inspector.card("A-01")).to_be_in_viewport()
    kept = len(inspector.stored(visit)["document"]["files"])
    assert 2 <= kept < 40
    said = inspector.at("cut-off")
    expect(said).to_contain_text("可能没有存上")
    # One that was stored in the moment of the kill may be counted still.
    assert int(said.inner_text().split("上次有 ")[1].split(" ")[0]) - (40 - kept) in (0, 1)
    screens(inspector.page, "cut-off")
    said.get_by_role("button").tap()
    expect(said).to_be_hidden()
    inspector.kill()
    inspector.restart(offline=True)
    expect(inspector.at("screen-today")).to_be_visible()
    short.resume(inspector, visit)


def test_a_second_tab_tells_nothing_as_cut_off_that_the_first_is_still_storing(
    phone: Callable[..., Phone], people: Organisation, album: Callable[..., list[Path]]
) -> None:
    inspector = phone(shared=True)
    inspector.ready(people.user("shopper1"), people.short.id)
    visit = inspector.begin(people.short.id)
    inspector.choose("A-01", "pass")
    card = inspector.card("A-01")
    inspector.unfold("A-01", card.locator(".add").first)
    first = inspector.page
    # The pictures are on their way for as long as it takes.
    first.evaluate("Worker.prototype.postMessage = () => undefined")
    picked(first, card.locator(".add").nth(1), album("one", "two", "three"))
    expect(card.locator(".photos > .under")).not_to_be_empty()
    inspector.another_tab()
    inspector.open(f"#/visit/{visit}")
    expect(inspector.card("A-01")).to_be_visible()
    expect(inspector.at("cut-off")).to_have_count(0)
    first.close()
    # A tab lets go of what it holds a moment after it is gone.
    inspector.holds(
        "async () => !(await navigator.locks.query()).held.some(({ name }) => name.startsWith('page-'))"
    )
    inspector.page.reload()
    expect(inspector.at("cut-off")).to_contain_text("3")
    # Whoever leaves without having read it is told when they are back, also where the app was closed meanwhile.
    page = logged_out(inspector)
    page.evaluate("location.hash = '#/today'")
    page.reload()
    logged_in(inspector, people.user("shopper1"))
    short.resume(inspector, visit)
    expect(inspector.at("cut-off")).to_contain_text("3")
