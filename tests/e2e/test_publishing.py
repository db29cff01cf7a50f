"""From acceptance to the outlet: a reviewer masks with keys and mouse, head office publishes a batch, the hall sees the masked photos."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from random import Random

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from server.demo.figures import person
from server.domain.visit import VisitState
from server.storage.visits import Visit
from server.usecases import releases
from server.usecases.work import Office
from tests import make, submitted
from tests.e2e.desk import Desk
from tests.e2e.organisation import SECRET_NAME, Organisation
from tests.e2e.test_appealed import checked

Screens = Callable[[Page, str], None]


def portrait() -> bytes:
    """A photograph with a drawn face."""
    image = Image.new("RGB", (640, 480), (150, 158, 166))
    somebody = person(Random(1), 160)
    image.paste(somebody, (200, 100), somebody)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def accepted(office: Office, people: Organisation) -> None:
    """A covert visit of the hall, accepted, whose photographs the worker has looked at."""
    visit = submitted.visit(
        office, people.user("shopper1"), people.hall, photos=[portrait(), make.picture(61)]
    )
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision, row.decided_at = VisitState.ACCEPTED, 1, work.now
    assert releases.propose(office, visit.id) == 2


def masks(shot: Locator) -> list[dict[str, int]]:
    """The masks that would be sent of a photograph."""
    return json.loads(shot.locator("input[name^=shapes-]").input_value())


def test_a_reviewer_masks_head_office_publishes_and_the_hall_sees_masked_photos(
    desk: Callable[..., Desk], people: Organisation, office: Office, screens: Screens
) -> None:
    accepted(office, people)
    page = desk(people.user("reviewer1")).page
    page.goto("/publishing")
    page.locator("tr", has_text=people.hall.name).get_by_role("link", name="放行").click()
    checked(page, screens, "photos")
    page.goto(page.url.split("?")[0])
    expect(page.locator(".shot rect")).to_have_count(1)
    names = {shot.locator("rect").count(): shot.get_attribute("id") for shot in page.locator(".shot").all()}
    face, plain = (page.locator(f"#{names[count]}") for count in (1, 0))
    (before,) = masks(face)

    # The proposal is moved and sized by keys; one mask too many is made and taken away.
    face.locator("rect").focus()
    for key in ("ArrowRight", "Shift+ArrowDown", "n", "f"):
        page.keyboard.press(key)
    (after,) = masks(face)
    assert (after["x"], after["y"], after["h"]) == (before["x"] + 10, before["y"], before["h"] + 10)
    face.get_by_role("button", name="加号码框").press("Enter")
    assert [mask["kind"] for mask in masks(face)] == ["face", "number"]
    page.keyboard.press("Delete")
    assert masks(face) == [after]
    expect(face.locator("rect")).to_be_focused()

    # On the other one a mask is drawn with the mouse, moved, and sized by its corner.
    plain.scroll_into_view_if_needed()
    canvas = plain.locator("svg").bounding_box()
    assert canvas

    def drag(begin: tuple[float, float], end: tuple[float, float]) -> None:
        points = [
            (canvas["x"] + x * canvas["width"], canvas["y"] + y * canvas["height"]) for x, y in (begin, end)
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        page.mouse.move(*points[1], steps=4)
        page.mouse.up()

    drag((0.2, 0.2), (0.5, 0.5))
    drag((0.3, 0.3), (0.4, 0.4))
    drag((0.595, 0.595), (0.7, 0.7))
    (drawn,) = masks(plain)
    assert all(
        abs(drawn[side] - wanted) <= 12 for side, wanted in {"x": 300, "y": 300, "w": 405, "h": 405}.items()
    )
    screens(page, "masked")
    page.get_by_role("button", name="按所示遮挡放行全部 2 张").click()
    expect(page.locator(".said.good")).to_contain_text("已放行 2 张照片")
    expect(page.locator(".shot.released")).to_have_count(2)

    page = desk(people.user("hq1")).page
    page.goto("/publishing")
    checked(page, screens, "waiting")
    page.goto("/publishing")
    button = page.get_by_role("button", name="核对选中的")
    expect(button).to_be_disabled()
    page.get_by_label(f"选 {people.hall.name}").check()
    button.click()
    screens(page, "check")
    page.get_by_role("button", name="发布这 1 次").click()
    expect(page.locator(".said.good")).to_contain_text("已发布 1 次检查")

    hall = desk(people.user("hall1"), viewport={"width": 390, "height": 844})
    page = hall.page
    page.goto("/visits?state=published")
    page.get_by_role("link", name=people.hall.name).click()
    pictures = page.locator("#i-A-01 .photos img")
    expect(pictures).to_have_count(2)
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0
    screens(page, "outlet")
    assert SECRET_NAME not in page.content()
