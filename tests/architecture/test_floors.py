"""The floors hold, files stay small, names come from the field, and the README's map is the tree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from server.cli import tree
from server.config import ROOT

MOST_LINES = 350
# A file of tests is a list of promises about one thing, and grows with each defect that is mended.
MOST_LINES_OF_TESTS = 600
LONGER = {
    "pwa/src/data/visit.ts": "all that may happen to the open visit, each stored before it is shown",
    "server/routes/errors.py": "THE table of problems is one table",
    "server/storage/migrations/versions/v0001_first.py": "one migration is one file",
    "server/usecases/report_data.py": "everything that a report says, gathered from one revision",
    "server/usecases/uploads.py": "the tus protocol with all its cuts in one place",
    "server/usecases/visits.py": "one save, from draft to receipt",
}
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|base)($|_)")


def source_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "*.ts", "*.tsx", "*.mjs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def most(name: str) -> int:
    return MOST_LINES_OF_TESTS if name.startswith(("tests/", "benchmarks/")) else MOST_LINES


def test_the_contracts_of_the_floors_are_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-3000:]
    assert "0 broken" in found.stdout


def test_no_file_is_much_longer_than_one_purpose_needs() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for path in source_files()
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > most(name) and name not in LONGER}
    assert not too_long


def test_every_exception_to_the_length_is_still_needed() -> None:
    needed = [name for name in LONGER if (ROOT / name).read_text(encoding="utf-8").count("\n") > MOST_LINES]
    assert sorted(needed) == sorted(LONGER)


def test_modules_bear_names_of_the_field() -> None:
    wrong = [
        path.relative_to(ROOT).as_posix()
        for path in source_files()
        # Area and hall managers are roles of the field.
        if (FORBIDDEN_NAMES.search(path.stem) and path.stem != "test_managers")
        or FORBIDDEN_NAMES.search(path.parent.name)
    ]
    assert not wrong


def test_every_module_says_what_it_is_for() -> None:
    silent = [line for line in tree.lines(ROOT) if not line[40:].strip()]
    assert not silent


def test_the_map_in_the_readme_is_the_tree() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert tree.with_map(text, tree.lines(ROOT)) == text, "run: xunting map --write README.md"
