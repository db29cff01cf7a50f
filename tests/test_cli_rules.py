"""`xunting checklists export rules`: a rule set of the console comes back into git, once, and never over another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server.domain.access import Role
from server.gateways.lock import LOCK
from server.gateways.rules import read_rule_files
from server.gateways.yaml_lines import read_yaml
from server.usecases import drafts, rules
from server.usecases.work import Office
from tests import make, submitted
from tests.standards_folder import Run, our_command, our_folder, tree

__all__ = ["our_command", "our_folder"]


@pytest.fixture
def published(office: Office, folder: Path) -> dict[str, str]:
    """A database in which the console has published a second rule set."""
    there = replace(office, settings=replace(office.settings, root=folder.parent))
    rules.publish_rules(there)
    one, two = (submitted.viewer(make.user(office, role=Role.HQ, username=name)) for name in ("one", "two"))
    with office.work(one) as work:
        draft = rules.begin(work)
        draft = rules.change(
            work, draft.id, draft.revision, {"/visits/rotation/days": 200, "/note": "轮换放宽"}
        )
        draft = drafts.propose(work, rules.RULES, draft.id, draft.revision)
    with office.work(two) as work:
        drafts.publish(work, rules.RULES, draft.id, draft.revision)
    return {"XUNTING_DATA": str(office.settings.data), "XUNTING_SECRET": "s" * 32}


def test_what_the_console_published_comes_back_into_git(
    xunting: Run, folder: Path, published: dict[str, str]
) -> None:
    code, printed, complaint = xunting("export", "rules", "--database", "--write", **published)
    assert (code, complaint) == (0, "")
    assert "rules/v2.yaml" in printed
    assert read_yaml(folder / "rules/v2.yaml", "").value["visits"]["rotation"]["days"] == 200
    assert read_rule_files(folder)["rules", 2].published
    assert xunting("check")[0] == 0
    before = tree(folder)
    assert xunting("export", "rules@2", "--database", "--write", **published)[0] == 0
    assert tree(folder) == before


def test_another_file_of_the_same_number_is_not_overwritten(
    xunting: Run, folder: Path, published: dict[str, str]
) -> None:
    text = (folder / "rules/v1.yaml").read_text(encoding="utf-8")
    text = text.replace("version: 1\n", "version: 2\n").replace("days: 180", "days: 150")
    (folder / "rules/v2.yaml").write_text(text, encoding="utf-8")
    before = tree(folder)
    code, _, complaint = xunting("export", "rules", "--database", "--write", **published)
    assert code == 1
    assert "was not overwritten" in complaint
    assert tree(folder) == before


def test_what_was_withdrawn_does_not_come_into_force_elsewhere(
    xunting: Run, folder: Path, office: Office, published: dict[str, str]
) -> None:
    with office.work(submitted.viewer(make.user(office, role=Role.HQ, username="three"))) as work:
        rules.withdraw(work, 2, "算错了")
    before = tree(folder)
    code, _, complaint = xunting("export", "rules@2", "--database", "--write", **published)
    assert code == 1
    assert "is retired" in complaint
    assert tree(folder) == before
    assert xunting("export", "rules@2", "--database", "--to", "two.yaml", **published)[0] == 0


def test_rules_leave_as_yaml_alone(xunting: Run, folder: Path) -> None:
    assert xunting("export", "rules", "--format", "xlsx")[0] == 1
    assert xunting("export", "rules@1", "--to", "mine.yaml")[0] == 0
    assert read_yaml(Path("mine.yaml"), "").value == read_yaml(folder / "rules/v1.yaml", "").value
    assert LOCK in {path.name for path in folder.iterdir()}
