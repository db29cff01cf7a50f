"""Reports printed and signed once for all tests: fonts, a demonstration key, the inner report of a mystery visit."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.reports import authority, pdf, sign, visit
from server.reports.authority import Authority
from server.reports.facts import ReportData
from server.reports.pdf import Fonts
from tests.reports import sample


@dataclass(frozen=True)
class Printed:
    """A report: what went in, the unsigned file, the signed file."""

    data: ReportData
    files: dict[str, bytes]
    unsigned: bytes
    signed: bytes


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Fonts:
    return pdf.prepare_fonts(sample.FONTS, tmp_path_factory.mktemp("fonts"))


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority.demonstration(tmp_path_factory.mktemp("authority"), now=sample.NOON)


@pytest.fixture(scope="session")
def inner(fonts: Fonts, key: Authority) -> Printed:
    """The inner report of a covert visit with a grave fail: two reviewers, two signatures."""
    data, files = sample.mystery(sample.photographs(5))
    unsigned = visit.render(data, files)
    signed = unsigned
    for field in visit.FIELDS:
        signed = sign.sign(signed, key, field=field, at=data.issued_at, fonts=fonts)
    return Printed(data, files, unsigned, signed)


@pytest.fixture(scope="session")
def outlet(fonts: Fonts, key: Authority) -> Printed:
    """The outlet's edition of the same visit, with one released photo."""
    data, files = sample.mystery(sample.photographs(1), edition="outlet")
    unsigned = visit.render(data, files)
    signed = sign.sign(unsigned, key, field=visit.FIELDS[0], at=data.issued_at, fonts=fonts)
    return Printed(data, files, unsigned, signed)


def run(*command: str, given: bytes, folder: Path) -> str:
    """What another program says about the PDF; `@` in the command is the file."""
    file = folder / "report.pdf"
    file.write_bytes(given)
    done = subprocess.run(
        [part.replace("@", str(file)) for part in command], capture_output=True, check=True, cwd=folder
    )
    return done.stdout.decode("utf-8", "replace")


def text(given: bytes, folder: Path) -> str:
    """All text of the PDF without any white space, so that line breaks do not matter."""
    return "".join(run("pdftotext", "@", "-", given=given, folder=folder).split())
