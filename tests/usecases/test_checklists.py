"""Publishing the folder's checklists: each once, and a changed one stops the start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sqlmodel import select

from server.domain.errors import UnknownChecklist
from server.gateways.standards import StandardsWrong, lock_text, read_standards
from server.queries import checklists as published
from server.storage.events import Event
from server.storage.standards import ChecklistVersion
from server.usecases import checklists
from server.usecases.work import Office
from tests.submitted import WRITTEN


@pytest.fixture
def folder(office: Office, tmp_path: Path) -> Path:
    """A project folder with one published checklist, which the office takes its checklists from."""
    root = tmp_path / "root"
    place = root / "checklists" / "small-hall"
    place.mkdir(parents=True)
    (place / "v1.yaml").write_text(yaml.safe_dump(WRITTEN, allow_unicode=True, sort_keys=False))
    (root / "checklists" / "published.lock").write_text("")
    (root / "checklists" / "published.lock").write_text(lock_text(read_standards(root / "checklists")))
    office.settings = replace(office.settings, root=root)
    return root / "checklists"


def test_a_published_checklist_becomes_one_row_however_often_it_starts(office: Office, folder: Path) -> None:
    assert [checklists.publish_standards(office) for _ in range(3)] == [1, 0, 0]
    with office.work(write=False) as work:
        (row,) = work.session.exec(select(ChecklistVersion)).all()
        assert published.compiled(work.connection, "small-hall", 1)["engine"] == 1
        assert published.text(work.connection, "small-hall", 1) == (row.compiled, row.sha256)
        names = [each.name for each in work.session.exec(select(Event))]
    assert names == ["checklist.published"]


def test_a_draft_is_not_published(office: Office, folder: Path) -> None:
    (folder / "published.lock").write_text("")
    assert checklists.publish_standards(office) == 0
    with office.work(write=False) as work, pytest.raises(UnknownChecklist):
        published.compiled(work.connection, "small-hall", 1)


def test_another_content_under_a_published_version_stops_the_start(office: Office, folder: Path) -> None:
    checklists.publish_standards(office)
    file = folder / "small-hall" / "v1.yaml"
    file.write_text(file.read_text().replace("小厅检查表", "另一张检查表"))
    with pytest.raises(StandardsWrong):
        checklists.publish_standards(office)
    # Somebody brought the lock file along: the database still remembers what was published.
    (folder / "published.lock").write_text("")
    (folder / "published.lock").write_text(lock_text(read_standards(folder)))
    with pytest.raises(StandardsWrong, match="small-hall"):
        checklists.publish_standards(office)
    with office.work(write=False) as work:
        assert published.compiled(work.connection, "small-hall", 1)["title"]["zh"] == "小厅检查表"


def test_the_projects_own_checklists_are_published(office: Office) -> None:
    assert checklists.publish_standards(office) >= 4
