"""What the pages of a visit report show, in both editions and languages, read back by other programs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from server.reports import sign, visit, words
from server.reports.facts import Instants, Photo
from server.reports.pdf import Fonts
from tests import pdf_words
from tests.reports import sample
from tests.reports.conftest import Printed, run, text


def _squeezed(value: str) -> str:
    return "".join(value.split())


def test_every_item_note_and_figure_of_the_visit_can_be_read_from_the_file(
    inner: Printed, tmp_path: Path
) -> None:
    said = text(inner.signed, tmp_path)
    data = inner.data
    # Where a column breaks a long text, only its beginning is in one piece.
    for item in data.items:
        assert _squeezed(item.text)[:12] in said
        assert _squeezed(item.note)[:20] in said
    for value in (
        data.number,
        data.outlet.name,
        "60.00",
        "55.17",
        "36.36",
        "16:41",
        "4:12",
        sample.INSPECTOR,
        "柳复清",
    ):
        assert _squeezed(value) in said
    for section in data.sections:
        assert section.title in said
    for file in data.evidence.files:
        assert file.sha256 in said
    for digest in (data.evidence.answers_sha256, data.checklist.sha256):
        assert digest in said
    # On the first page, and where the hashes are, with the submission it is about and its time.
    assert said.count("7K4M-Q2XD") == 2
    assert re.search(r"收件回执第1次提交7K4M-Q2XD·服务器收齐[0-9]{4}-[0-9]{2}-[0-9]{2}", said)


def test_an_item_that_counts_nothing_though_it_was_met_says_why() -> None:
    data, files = sample.mystery(sample.photographs(24))
    section = next(one for one in data.sections if any(item.result == "met" for item in one.items))
    met = next(item for item in section.items if item.result == "met")
    assert "受禁止项影响" not in visit.page(data, files)
    items = tuple(replace(item, earned="0", zeroed=True) if item is met else item for item in section.items)
    sections = tuple(replace(one, items=items) if one is section else one for one in data.sections)
    assert visit.page(replace(data, sections=sections), files).count("受禁止项影响，计 0 分") == 1


def test_another_program_finds_the_file_sound(inner: Printed, outlet: Printed, tmp_path: Path) -> None:
    for printed in (inner, outlet):
        for pdf in (printed.unsigned, printed.signed):
            assert "No syntax or stream encoding errors" in run(
                "qpdf", "--check", "@", given=pdf, folder=tmp_path
            )


def test_only_our_fonts_are_in_the_file_and_all_are_embedded(
    inner: Printed, outlet: Printed, tmp_path: Path
) -> None:
    for pdf in (inner.signed, outlet.signed):
        rows = run("pdffonts", "@", given=pdf, folder=tmp_path).splitlines()[2:]
        assert rows
        for row in rows:
            assert re.match(r"[A-Z]{6}\+Noto-?Sans-?SC", row), row
            assert row.split()[-5:-2] == ["yes", "yes", "yes"], row


def test_the_file_says_what_it_is(inner: Printed, tmp_path: Path) -> None:
    said = run("pdfinfo", "@", given=inner.signed, folder=tmp_path)
    assert re.search(r"^Title: .*XT-2026-000123", said, re.M)
    assert re.search(r"^Author: +山西公司客户服务部", said, re.M)
    assert re.search(r"^Tagged: +yes", said, re.M)
    assert b"/Lang (zh-CN)" in inner.unsigned or "zh-CN" in run(
        "qpdf", "--qdf", "@", "-", given=inner.unsigned, folder=tmp_path
    )
    metadata = run("pdfinfo", "-meta", "@", given=inner.signed, folder=tmp_path)
    assert 'pdfaid:part="3"' in metadata
    assert 'pdfaid:conformance="A"' in metadata
    assert inner.data.report_id in metadata


def test_the_attached_data_comes_back_byte_for_byte(inner: Printed, outlet: Printed, tmp_path: Path) -> None:
    for printed in (inner, outlet):
        assert sign.attached(printed.signed) == printed.data.attachment
        run("pdfdetach", "-saveall", "@", given=printed.signed, folder=tmp_path)
        assert (tmp_path / visit.ATTACHMENT).read_bytes() == printed.data.attachment
    shown = run("qpdf", "--qdf", "--object-streams=disable", "@", "-", given=inner.unsigned, folder=tmp_path)
    assert "/AFRelationship /Source" in shown


def test_the_same_data_gives_the_same_bytes(inner: Printed) -> None:
    assert visit.render(inner.data, inner.files) == inner.unsigned


def test_the_outlet_edition_holds_nothing_that_tells_who_came_or_when(
    outlet: Printed, tmp_path: Path
) -> None:
    unpacked = run(
        "qpdf", "--qdf", "--object-streams=disable", "@", "-", given=outlet.signed, folder=tmp_path
    )
    said = text(outlet.signed, tmp_path)
    readable = _squeezed(pdf_words.words(outlet.signed)) + said + outlet.data.attachment.decode()
    utf16 = sample.INSPECTOR.encode("utf-16-be")
    for secret in (sample.INSPECTOR, sample.DEVICE, "郭审言", "柳复清", "10:10:05", "10:58", "到店位置"):
        assert _squeezed(secret) not in readable
    assert sample.INSPECTOR not in unpacked
    assert utf16 not in outlet.signed
    assert utf16.hex() not in unpacked.lower()
    assert "上午" in said
    assert "网点版" in said
    # The search finds what is there: the same words stand in the inner edition.
    inner, files = sample.mystery(sample.photographs(1))
    assert sample.INSPECTOR in text(visit.render(inner, files), tmp_path)


@pytest.mark.parametrize(
    "fact",
    [
        {"inspector": sample.INSPECTOR},
        {"device": sample.DEVICE},
        {"instants": Instants(started=sample.NOON)},
        {"flags": ("离店后才完成",)},
    ],
)
def test_the_outlet_edition_of_a_covert_visit_refuses_inner_facts(
    outlet: Printed, fact: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=next(iter(fact))):
        replace(outlet.data, **fact)  # type: ignore[arg-type]


def test_the_outlet_edition_refuses_a_photo_with_its_instant(outlet: Printed) -> None:
    section = outlet.data.sections[1]
    item = replace(section.items[0], photos=(Photo(sha256="0" * 64, taken_at=sample.NOON),))
    changed = replace(section, items=(item, *section.items[1:]))
    with pytest.raises(ValueError, match="photo"):
        replace(outlet.data, sections=(changed,))


def test_markup_in_a_note_is_harmless_text(inner: Printed, tmp_path: Path) -> None:
    hostile = '<img src="file:///etc/passwd"><svg><script>alert(1)</script></svg><b>粗</b>&amp;{{ 7 * 7 }}<style>@import url(http://127.0.0.1:9/x.css)</style>'
    data = replace(
        inner.data,
        notes=replace(inner.data.notes, strengths=hostile),
        outlet=replace(inner.data.outlet, name='太原"><img src=x>营业厅'),
    )
    said = text(visit.render(data, inner.files), tmp_path)
    assert '<imgsrc="file:///etc/passwd">' in said
    assert "<b>粗</b>&amp;{{7*7}}" in said


def test_english_is_complete_and_no_chinese_word_of_ours_is_left(fonts: Fonts, tmp_path: Path) -> None:
    for edition in ("inner", "outlet"):
        data, files = sample.mystery(sample.photographs(2), language="en", edition=edition)
        said = text(visit.render(data, files), tmp_path)
        for name in (sample.INSPECTOR, "郭审言", "柳复清"):
            said = said.replace(name, "")
        assert re.findall(r"[\u4e00-\u9fff]+", said) == []
    data, files = sample.announced(sample.photographs(1), language="en")
    said = text(visit.render(data, files), tmp_path)
    assert "Refusedtosign" in said


def test_chinese_pages_carry_no_english_words_of_ours(inner: Printed) -> None:
    page = visit.page(inner.data, inner.files)
    words_shown = re.sub(r"<style.*?</style>|<head>.*?</head>|<[^>]*>", " ", page, flags=re.S)
    found = set(re.findall(r"[A-Za-z]{3,}", words_shown))
    allowed = {"SHA", "QR", "Xunting", "https", "xunting", "example", "verify", "visit", "json", "KJH"}
    for stray in found - allowed:
        assert re.fullmatch(r"[0-9a-f]+|met|partly|failed|record|na|pending", stray), stray


def test_every_word_of_the_reports_has_its_english(fonts: Fonts) -> None:
    with pytest.raises(words.MissingWords):
        words.translator("en")("没有这句话")


def test_an_announced_visit_shows_signatures_and_refusals(fonts: Fonts, tmp_path: Path) -> None:
    data, files = sample.announced(sample.photographs(1))
    made = visit.render(data, files)
    said = text(made, tmp_path)
    assert "现场签名" in said
    assert "负责人外出，店员不愿代签" in said
    assert "内部版" not in said
    images = run("pdfimages", "-list", "@", given=made, folder=tmp_path).splitlines()[2:]
    assert len(images) == 2


def test_a_visit_without_a_failed_item_says_so(fonts: Fonts, tmp_path: Path) -> None:
    data, files = sample.mystery([], failed=False)
    said = text(visit.render(data, files), tmp_path)
    assert "本次检查没有不合格项" in said
    assert "其他取证照片" not in said


def test_photos_that_may_not_be_shown_leave_their_place_and_their_hash(
    inner: Printed, tmp_path: Path
) -> None:
    data = inner.data
    section = next(s for s in data.sections if any(i.photos for i in s.items))
    states = iter(("expired", "withheld"))
    changed = tuple(
        replace(item, photos=tuple(replace(p, state=next(states, "shown")) for p in item.photos))
        for item in section.items
    )
    sections = tuple(replace(section, items=changed) if s is section else s for s in data.sections)
    hidden = [p.sha256 for i in changed for p in i.photos if p.state != "shown"]
    files = {sha256: content for sha256, content in inner.files.items() if sha256 not in hidden}
    said = text(visit.render(replace(data, sections=sections), files), tmp_path)
    assert "照片已到期删除" in said
    for sha256 in hidden:
        assert sha256 in said


def test_a_missing_photo_stops_the_report(inner: Printed) -> None:
    with pytest.raises(visit.MissingPhoto):
        visit.render(inner.data, {})


def test_a_long_note_runs_over_pages_and_a_long_name_stays_on_the_sheet(
    inner: Printed, tmp_path: Path
) -> None:
    note = "等候超过十六分钟，三个台席只开放一个。" * 150
    data = replace(
        inner.data,
        outlet=replace(
            inner.data.outlet, name="山西省太原市小店区晋阳街与体育路交叉口东南角品牌旗舰体验营业厅二号店"
        ),
        notes=replace(inner.data.notes, improve=note),
    )
    made = visit.render(data, inner.files)
    assert text(made, tmp_path).count("三个台席只开放一个") >= 149
    boxes = run("pdftotext", "-bbox", "@", "-", given=made, folder=tmp_path)
    right = [float(x) for x in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert max(right) < 595 - 30


def test_what_the_font_cannot_draw_is_printed_as_a_geta(inner: Printed, tmp_path: Path) -> None:
    data = replace(inner.data, notes=replace(inner.data.notes, strengths="𠮷先生很热情\ufe0f，谢谢\u200d！"))
    said = text(visit.render(data, inner.files), tmp_path)
    assert "〓先生很热情，谢谢！" in said


def test_an_emoji_is_printed_and_stays_text(inner: Printed, tmp_path: Path) -> None:
    note = "李师傅很热情😀👍\ufe0f，第1台"
    data = replace(inner.data, notes=replace(inner.data.notes, strengths=note))
    made = visit.render(data, inner.files)
    said = text(made, tmp_path)
    assert note.replace("\ufe0f", "") in said
    assert "〓" not in said
    faces = run("pdffonts", "@", given=made, folder=tmp_path)
    assert "Noto-Emoji" in faces
    assert "Noto-Emoji" not in run("pdffonts", "@", given=inner.unsigned, folder=tmp_path)


def test_our_font_draws_every_character_of_our_words_and_checklists() -> None:
    drawn: set[int] = set()
    for face in sorted(sample.FONTS.glob("noto-sans-sc/[47]00*/*.ttf")):
        with TTFont(face, lazy=True) as font:
            covered = set(font.getBestCmap())
        drawn = drawn & covered if drawn else covered
    sources = [*words.LOCALE.glob("[rp]e*.po"), *sorted((sample.ROOT / "checklists").rglob("*.yaml"))]
    for source in sources:
        lacking = {c for c in source.read_text(encoding="utf-8") if ord(c) > 32 and ord(c) not in drawn}
        assert not lacking, (source.name, lacking)


def test_an_instant_without_its_zone_is_refused(inner: Printed) -> None:
    naive = (sample.NOON + timedelta(hours=1)).replace(tzinfo=None)
    with pytest.raises(ValueError, match="zone"):
        visit.render(replace(inner.data, issued_at=naive), inner.files)
