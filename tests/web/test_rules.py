"""The pages of rule sets: who sees them, every value as a field, wrong ones told beside them, four eyes, dates."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from server.config import ROOT
from server.domain.access import Permission, Role, Viewer
from server.gateways.rules_yaml import rules_text
from server.gateways.yaml_lines import read_yaml, read_yaml_text
from tests import make
from tests.conftest import Clock

Client = Callable[..., make.Caller]
SEE = {role for role in Role if Viewer("", "", "", role).may(Permission.SEE_STANDARDS)}
DRAFTS = {role for role in Role if Viewer("", "", "", role).may(Permission.SEE_DRAFTS)}
EDIT = {role for role in Role if Viewer("", "", "", role).may(Permission.EDIT_STANDARDS)}
V1 = read_yaml(ROOT / "checklists/rules/v1.yaml", "v1.yaml").value
DAYS = "/visits/rotation/days"


def form(caller: make.Caller, path: str, **fields: Any) -> Any:
    return caller.post(path, data={"csrf_token": caller.csrf, **fields})


@pytest.fixture
def hq(office: Any, client: Client) -> make.Caller:
    return client(make.user(office, role=Role.HQ, username="hq-author", name="田雨"))


@pytest.fixture
def second(office: Any, client: Client) -> make.Caller:
    return client(make.user(office, role=Role.ADMIN, username="admin-second", name="韩松"))


@pytest.fixture
def draft(hq: make.Caller) -> str:
    return str(form(hq, "/rules/drafts").headers["Location"])


def revision(caller: make.Caller, draft: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', caller.get(draft).get_data(as_text=True))
    assert found
    return found[1]


def saved(caller: make.Caller, draft: str, **values: str) -> Any:
    given = {"revision": revision(caller, draft), "/note": "轮换放宽", **values}
    return form(caller, draft, **given)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_what_it_may(office: Any, client: Client, draft: str, role: Role) -> None:
    where = make.outlet(office)
    caller = client(make.user(office, role=role, outlet_id=where.id, unit_path="sx/"))
    for path, allowed in (
        ("/rules", SEE),
        ("/rules/1", SEE),
        ("/rules/1/file", SEE),
        ("/rules/compare", SEE),
        (draft, DRAFTS),
        (f"{draft}/file", DRAFTS),
    ):
        assert caller.get(path).status_code == (200 if role in allowed else 403), path
    for path in (
        "/rules/drafts",
        draft,
        f"{draft}/import",
        f"{draft}/propose",
        f"{draft}/discard",
        "/rules/1/withdraw",
    ):
        assert (form(caller, path).status_code == 403) == (role not in EDIT), path


def test_a_rule_set_is_shown_with_its_figures_in_words(hq: make.Caller) -> None:
    page = hq.get("/rules/1").get_data(as_text=True)
    assert "轮换" in page
    assert "神秘顾客" in page
    assert ">shopper<" not in page
    assert "现行" in page
    assert "Rule set 1" in hq.get("/rules/1?lang=en").get_data(as_text=True)
    assert hq.get("/rules/9").status_code == 404


def test_a_rule_set_leaves_as_yaml_and_comes_back_equal(hq: make.Caller) -> None:
    assert read_yaml_text(rules_text(V1), "x").value == V1
    text = hq.get("/rules/1/file").get_data(as_text=True)
    assert read_yaml_text(text, "x").value == V1


def test_a_threshold_is_changed_by_one_and_confirmed_by_another(
    office: Any, client: Client, hq: make.Caller, second: make.Caller, draft: str, clock: Clock
) -> None:
    assert saved(hq, draft, **{DAYS: "２００"}).status_code == 302
    page = hq.get(draft).get_data(as_text=True)
    assert re.search(r"<del>180</del></td><td><ins>200</ins>", page)
    assert form(hq, f"{draft}/propose", revision=revision(hq, draft)).status_code == 302
    assert form(hq, f"{draft}/publish", revision=revision(hq, draft)).status_code == 409
    assert (
        form(second, f"{draft}/publish", revision=revision(second, draft)).headers["Location"] == "/rules/2"
    )
    page = hq.get("/rules/2").get_data(as_text=True)
    assert "尚未生效" in page
    assert "田雨" in page
    assert "韩松" in page
    assert "现行" in hq.get("/rules/1").get_data(as_text=True)
    clock.forward(days=60)
    later = client(make.user(office, role=Role.AUDITOR, username="auditor-later"))
    assert "现行" in later.get("/rules/2").get_data(as_text=True)
    assert "<ins>200</ins>" in later.get("/rules/compare").get_data(as_text=True)


@pytest.mark.parametrize(
    ("pointer", "typed", "told"),
    [
        (DAYS, "很多", "整数"),
        ("/composite/weights/village/perception", "41", "101"),
        ("/commission/pay_factors/0/factor", "1.6", "1.5"),
        ("/valid_from", "2026-02-30", "2026-01-31"),
        ("/valid_from", "2001-01-01", "生效日期要更晚"),
    ],
)
def test_a_wrong_value_is_told_and_nothing_is_stored(
    hq: make.Caller, draft: str, pointer: str, typed: str, told: str
) -> None:
    assert pointer in hq.get(draft).get_data(as_text=True)
    answer = saved(hq, draft, **{pointer: typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "什么都没有保存" in page
    assert told in page
    assert f'value="{typed}"' in page, "what was typed is not lost"
    assert "没有差别" in hq.get(draft).get_data(as_text=True)


def test_rules_begin_after_today_and_say_why(hq: make.Caller, draft: str) -> None:
    refused = form(hq, f"{draft}/propose", revision=revision(hq, draft))
    assert refused.status_code == 409
    saved(hq, draft, **{DAYS: "200", "/note": V1["note"]})
    assert form(hq, f"{draft}/propose", revision=revision(hq, draft)).status_code == 422
    saved(hq, draft, **{"/valid_from": "2026-11-01"})
    refused = form(hq, f"{draft}/propose", revision=revision(hq, draft))
    assert refused.status_code == 422
    assert "生效日期要在今天" in refused.get_data(as_text=True)


def test_a_draft_takes_the_content_of_a_file_or_tells_its_lines(hq: make.Caller, draft: str) -> None:
    def sent(text: str) -> Any:
        fields = {
            "csrf_token": hq.csrf,
            "revision": revision(hq, draft),
            "file": (io.BytesIO(text.encode()), "rules.yaml"),
        }
        return hq.post(f"{draft}/import", data=fields, content_type="multipart/form-data")

    text = hq.get(f"{draft}/file").get_data(as_text=True)
    wrong = sent(text.replace("    days: 180", "    days: 180\n    colour: red"))
    assert wrong.status_code == 422
    assert "colour" in wrong.get_data(as_text=True)
    assert re.search(r"第 \d+ 行", wrong.get_data(as_text=True))
    assert sent("a: [").status_code == 422
    assert sent(text.replace("    days: 180", "    days: 150")).status_code == 302
    assert "<ins>150</ins>" in hq.get(draft).get_data(as_text=True)


def test_what_holds_is_not_taken_back(hq: make.Caller, second: make.Caller, draft: str) -> None:
    assert form(hq, "/rules/1/withdraw", reason="不要了").status_code == 409
    saved(hq, draft, **{DAYS: "200"})
    form(hq, f"{draft}/propose", revision=revision(hq, draft))
    form(second, f"{draft}/publish", revision=revision(second, draft))
    assert form(hq, "/rules/2/withdraw", reason=" ").status_code == 422
    assert form(hq, "/rules/2/withdraw", reason="算错了").status_code == 302
    assert "已撤回" in hq.get("/rules/2").get_data(as_text=True)
    assert form(hq, "/rules/2/withdraw", reason="再来").status_code == 409
    # Its number is not given again.
    again = form(hq, "/rules/drafts").headers["Location"]
    page = hq.get(again).get_data(as_text=True)
    assert "第 3 版" in page
    assert "与第 1 版相比" in page, "what was withdrawn is no ground to stand on"
    assert f'name="{DAYS}" value="180"' in page


def test_a_slip_in_the_year_is_not_proposed(hq: make.Caller, draft: str) -> None:
    saved(hq, draft, **{DAYS: "200", "/valid_from": "9999-12-31"})
    refused = form(hq, f"{draft}/propose", revision=revision(hq, draft))
    assert refused.status_code == 422
    assert "请看看年份" in refused.get_data(as_text=True)


def test_one_draft_of_the_rules_lives_at_a_time(hq: make.Caller, second: make.Caller, draft: str) -> None:
    assert form(second, "/rules/drafts").status_code == 409
    seen = revision(hq, draft)
    saved(hq, draft, **{DAYS: "200"})
    assert form(second, draft, revision=seen, **{DAYS: "300"}).status_code == 409
    assert form(hq, f"{draft}/discard", revision=revision(hq, draft)).status_code == 302
    assert form(second, "/rules/drafts").status_code == 302
