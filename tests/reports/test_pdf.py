"""The fetcher of the page: photos by name, and nothing else from anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.reports import pdf, visit
from server.reports.pdf import About, Fonts
from tests.reports import sample

ABOUT = About(
    identifier="urn:uuid:0193a5c2-7a10-7d44-9b2f-6f0c4ad0a001",
    kind="inner",
    relation=None,
    created=sample.NOON,
    attachment=b"{}",
    attachment_name="visit.json",
    attachment_words="",
)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/hostname",
        "http://127.0.0.1:9/a.jpg",
        "https://127.0.0.1:9/a.jpg",
        "data:image/png;base64,iVBORw0KGgo=",
        "ftp://127.0.0.1/a",
        "photo:../../etc/hostname",
        "photo:another",
        "PHOTO:mine",
    ],
)
def test_a_page_may_fetch_nothing_but_its_photos(fonts: Fonts, address: str) -> None:
    (photo,) = sample.photographs(1)
    for html, css in (
        (f'<html lang="zh"><title>x</title><img src="{address}" alt="x">', ""),
        ('<html lang="zh"><title>x</title><p>x', f"p {{ background: url({address}) }}"),
    ):
        with pytest.raises(pdf.ForeignResource):
            pdf.write(html, css, {"mine": photo}, ABOUT)


def test_a_font_face_from_elsewhere_never_gets_into_the_file(fonts: Fonts) -> None:
    strange = (sample.FONTS / "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf").as_uri()
    rule = f"@font-face {{ font-family: x; src: url({strange}) }} "
    page, css = '<html lang="zh"><title>x</title><p>x', "p { font-family: x, 'Noto Sans SC' }"
    assert pdf.write(page, rule + css, {}, ABOUT) == pdf.write(page, css, {}, ABOUT)


def test_a_photo_by_its_name_is_served(fonts: Fonts) -> None:
    (photo,) = sample.photographs(1)
    made = pdf.write(
        '<html lang="zh"><title>x</title><img src="photo:mine" alt="x">', "", {"mine": photo}, ABOUT
    )
    assert photo in made


def test_missing_fonts_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="noto-sans-sc"):
        pdf.prepare_fonts(tmp_path, tmp_path / "out")


def test_a_hash_is_printed_whole_and_nothing_else_is_taken_for_one() -> None:
    assert "".join(visit.digest("ab" * 32).split("<i>")).replace("</i>", "") == "ab" * 32
    with pytest.raises(ValueError, match="SHA-256"):
        visit.digest("<b>")
