"""Bad files, full disks and folders that are not there: a sentence from every command, and nothing half done."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.standards_folder import Run, our_command, our_folder, put, reword, tree, version_two

__all__ = ["our_command", "our_folder"]

BAD_FILES: dict[str, bytes | None] = {
    "missing.yaml": None,
    "empty.yaml": b"",
    "empty.xlsx": b"",
    "junk.yaml": bytes(range(256)) * 9,
    "junk.xlsx": bytes(range(256)) * 9,
    "gbk.yaml": "名称: 检查表".encode("gbk"),
    "deep.yaml": b"[" * 100_000,
    "list.yaml": b"- 1\n",
    "text.yaml": "检查表".encode(),
    "zip.xlsx": b"PK\x03\x04" + b"\0" * 100,
    "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "rules.yaml": b"valid_from: 2026-01-01\n",
    "large.yaml": b"# " + b"x" * 11_000_000,
    os.fsdecode(b"\xff\xfe.yaml"): b"[",
}


@pytest.mark.parametrize("name", [*BAD_FILES, "folder", "pipe"], ids=ascii)
def test_a_bad_file_is_told_in_words_by_every_command(xunting: Run, folder: Path, name: str) -> None:
    content = BAD_FILES.get(name)
    if name == "folder":
        Path(name).mkdir()
    elif name == "pipe":
        os.mkfifo(name)
    elif content is not None:
        Path(name).write_bytes(content)
    before = tree(folder)
    for words in (("check",), ("diff", "ordinary"), ("import",), ("import", "--write"), ("preview",)):
        code, _, complaint = xunting(*words, f"./{name}")
        assert code == (2 if words[0] == "diff" else 1), words
        assert complaint.strip(), words
        assert len(complaint) < 10_000, words
    assert xunting("check", f"./{name}", zh=True)[0] == 1
    assert tree(folder) == before


def test_a_file_that_may_not_be_read_is_told(xunting: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def closed(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == "mine.yaml":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    put(Path("mine.yaml"), "x")
    monkeypatch.setattr(Path, "open", closed)
    code, _, complaint = xunting("check", "mine.yaml")
    assert code == 1
    assert "mine.yaml: the file cannot be read: Permission denied" in complaint


def test_a_full_disk_leaves_everything_as_it_was(
    xunting: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(Path("b.yaml"), version_two(folder, reword))
    fresh = (folder / "ordinary/v1.yaml").read_text().replace("id: ordinary", "id: fresh", 1)
    put(Path("f.yaml"), fresh)
    put(folder / "other/v1.yaml", fresh.replace("id: fresh", "id: other", 1))
    before, here = tree(folder), tree(Path())

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for words in (
        ("export", "ordinary"),
        ("export", "ordinary", "--format", "yaml"),
        ("import", "b.yaml", "--write"),
        ("import", "f.yaml", "--write"),
        ("lock", "other", "1"),
        ("schema", "--write"),
    ):
        code, _, complaint = xunting(*words)
        assert code == 1, words
        assert "cannot be written: No space left on device" in complaint, words
    assert tree(folder) == before
    assert tree(Path()) == here
    assert not (folder / "fresh").exists()


def test_a_folder_that_is_not_there_is_told(xunting: Run, folder: Path) -> None:
    for words in (
        ("export", "ordinary", "--to", "no/where.xlsx"),
        ("export", "ordinary", "--to", "/dev/full"),
    ):
        code, _, complaint = xunting(*words)
        assert code == 1, words
        assert complaint.count("\n") == 1, words
    shutil.rmtree(folder)
    for words in (
        ("check",),
        ("lock", "ordinary", "1"),
        ("export", "ordinary"),
        ("preview", "ordinary"),
        ("schema", "--write"),
    ):
        code, _, complaint = xunting(*words)
        assert code == 1, words
        assert complaint.strip(), words
