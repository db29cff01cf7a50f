"""Dates for people are written in one place: no other module and no template has a format of its own."""

from __future__ import annotations

import re

from server.config import ROOT

SERVER = ROOT / "server"
OWN = {
    "server/domain/dates.py",
    # What is printed on the drawn ticket of the demonstration is part of a picture.
    "server/demo/pictures.py",
}
FORMAT = re.compile(r"strftime|format_date\b|\b(January|Jan)\b")
# For programs: the value of an attribute, also where an expression stands in it.
ATTRIBUTE = re.compile(r"""(datetime|min|max|value|content|href)="[^"]*\{\{[^}]*\}\}[^"]*\"""")


def test_no_module_formats_a_date_for_people_by_itself() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in SERVER.rglob("*.py")
        if FORMAT.search(path.read_text(encoding="utf-8"))
    }
    assert found - OWN == set()


def test_no_template_formats_a_date_but_by_our_filters() -> None:
    found = [
        (str(path.relative_to(ROOT)), number)
        for path in SERVER.rglob("*.html")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"strftime|isoformat", ATTRIBUTE.sub("", line))
    ]
    # Beside the hashes by which a program checks what a report rests on.
    assert [name for name, _ in found] == ["server/templates/report/period_frame.html"]
