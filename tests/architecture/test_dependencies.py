"""Dependencies: each has its reason, all are pinned with hashes, and no file names a host or a machine's path."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from server.config import ROOT

PACKAGES = ("pwa/package.json", "benchmarks/package.json")
LOCKS = (
    "requirements/runtime.txt",
    "requirements/dev.txt",
    "pwa/package-lock.json",
    "benchmarks/package-lock.json",
)


def packages() -> dict[str, str]:
    """The npm packages that are asked for, with their versions."""
    read = [json.loads((ROOT / name).read_text(encoding="utf-8")) for name in PACKAGES]
    return {
        name: version
        for one in read
        for kind in ("dependencies", "devDependencies")
        for name, version in one.get(kind, {}).items()
    }


def wanted() -> set[str]:
    """The names that the .in files and package.json ask for."""
    names = set()
    for file in ("runtime.in", "dev.in"):
        for line in (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-")):
                names.add(re.split(r"[=<>\[~!; ]", line)[0].lower())
    return names | set(packages())


def test_each_dependency_has_its_reason() -> None:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8").lower()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    reasons = {
        name.strip(" `"): cells[4].strip() for cells in rows if len(cells) > 5 for name in cells[2].split(",")
    }
    assert not sorted(name for name in wanted() if not reasons.get(name))


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_file_names_a_host_or_a_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [
        line
        for line in text.splitlines()
        # npm keeps each project's own page for gifts; nothing is fetched from there.
        if re.search(r"https?://|/root/|/home/|file:|localhost", line) and '"url":' not in line
    ]
    assert not lines


@pytest.mark.parametrize("name", LOCKS[:2])
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) > 20
    assert not [
        line[:60] for line in lines if not re.match(r"[\w.\-\[\],]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ]


def test_the_packages_of_npm_are_exact() -> None:
    assert not {
        name: version for name, version in packages().items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)
    }


def test_no_page_loads_anything_from_elsewhere() -> None:
    pages = [*(ROOT / "server/templates").rglob("*.html"), ROOT / "pwa/index.html"]
    foreign = [
        page.name
        for page in pages
        if page.is_file() and re.search(r"(src|href)=[\"'](https?:)?//", _text(page))
    ]
    assert not foreign


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
