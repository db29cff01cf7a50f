"""Period reports and letters on paper: whole PDFs of the archive's kind, every figure in them, nothing of the shopper's."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.reports import advice, charts, letter, period, period_charts, sign
from server.reports.authority import Authority
from server.reports.facts import Photo
from server.reports.pdf import Fonts
from server.reports.period_facts import content
from server.reports.period_parts import Count, Line, Mean, Point
from server.reports.quarter_facts import WeakLine
from tests.reports import period_sample, sample
from tests.reports.conftest import run, text

LANGUAGES = ("zh", "en")


def shots(count: int) -> tuple[tuple[Photo, ...], dict[str, bytes]]:
    files = {sample.sha(each): each for each in sample.photographs(count)}
    return tuple(Photo(sha256=name, caption="厅内") for name in files), files


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("province", [False, True], ids=["branch", "province"])
def test_a_quarter_is_a_whole_signed_report(
    fonts: Fonts, key: Authority, tmp_path: Path, language: Any, province: bool
) -> None:
    photos, files = shots(4)
    data = period_sample.quarter(language, province=province, photos=photos)
    made = period.render(data, files)
    assert period.render(data, files) == made
    signed = sign.sign(made, key, field=period.FIELD, at=data.head.issued_at, fonts=fonts, language=language)
    assert "Signature is Valid" in run("pdfsig", "-nocert", "@", given=signed, folder=tmp_path)
    run("qpdf", "--check", "@", given=signed, folder=tmp_path)
    info = run("pdfinfo", "@", given=signed, folder=tmp_path)
    assert "Tagged:          yes" in info
    assert "A4" in info
    assert "pdfaid" in run("pdfinfo", "-meta", "@", given=signed, folder=tmp_path)
    said = text(signed, tmp_path)
    expected = [data.unit, data.head.number, data.window.score, *(row.score for row in data.league)]
    expected += [finding.text for finding in data.findings] + [basis.outlet for basis in data.evidence[:3]]
    for each in expected:
        assert "".join(str(each).split()) in said, each
    assert json.loads(sign.attached(signed))["window"]["score"] == data.window.score
    assert sign.verify(signed, key.roots).state == "genuine"
    assert sign.verify(signed, key.roots).report_id == data.head.report_id
    changed = (
        signed[: len(signed) // 2] + bytes([signed[len(signed) // 2] ^ 1]) + signed[len(signed) // 2 + 1 :]
    )
    assert sign.verify(changed, key.roots).state == "changed"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_says_what_became_of_each_thing(fonts: Fonts, tmp_path: Path, language: Any) -> None:
    data = period_sample.month(language)
    said = text(period.render(data, {}), tmp_path)
    assert data.composite is not None
    for each in (data.outlet.name, data.composite.score, data.actions[0].what, data.visits[0].score):
        assert "".join(str(each).split()) in said
    assert ("逾期" if language == "zh" else "overdue") in said


def test_a_draft_has_no_place_for_a_signature_and_says_so_on_each_page(fonts: Fonts, tmp_path: Path) -> None:
    data = period_sample.quarter()
    draft = replace(data, head=replace(data.head, draft=True, number="草稿"))
    made = period.render(draft, {})
    said = run("pdftotext", "@", "-", given=made, folder=tmp_path)
    pages = said.split("\f")[:-1]
    assert all("草稿" in page for page in pages)
    assert b"/Sig" not in made
    assert "扫码查验" not in said


def test_own_words_stand_in_the_report_as_they_were_written(fonts: Fonts, tmp_path: Path) -> None:
    data = period_sample.month()
    written = replace(data, head=replace(data.head, remarks="请<b>三日内</b>整改。\n逐项回复。"))
    assert "请<b>三日内</b>整改。逐项回复。" in text(period.render(written, {}), tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_names_the_decision_its_grounds_and_how_to_object(
    fonts: Fonts, key: Authority, tmp_path: Path, language: Any
) -> None:
    data = period_sample.letter(language)
    made = letter.render(data)
    for field in letter.fields(data):
        made = sign.sign(made, key, field=field, at=data.issued_at, fonts=fonts, language=language)
    assert run("pdfsig", "-nocert", "@", given=made, folder=tmp_path).count("Signature is Valid") == 2
    said = text(made, tmp_path)
    for each in (data.decision, data.outlet.code, data.grounds[0].text, data.objection, data.signers[1].name):
        assert "".join(each.split()) in said, each
    assert json.loads(sign.attached(made))["decision"] == data.decision


def test_what_a_report_says_does_not_hang_on_its_number_or_instant() -> None:
    data = period_sample.quarter()
    later = replace(
        data, head=replace(data.head, number="XT-2026-000999", issued_at=sample.NOON.replace(hour=9))
    )
    assert content(later) == content(data)
    assert content(replace(data, late_visits=3)) != content(data)


def test_advice_says_only_what_the_figures_show() -> None:
    data = period_sample.quarter()
    quiet = replace(data, weak=(), findings=(), sampling=(), actions=None, appeals=())
    assert advice.of_quarter(quiet) == ("本季度的数据没有显示需要特别提出的问题。",)
    missed = replace(quiet, weak=(WeakLine(unit="甲", indicator=None, before="排队", outcome="missed"),))
    assert advice.of_quarter(missed) == ("上季度弱项“排队”没有达标，应说明原因并调整措施。",)
    met = replace(quiet, weak=(WeakLine(unit="甲", indicator=None, before="排队", outcome="met"),))
    assert advice.of_quarter(met) == advice.of_quarter(quiet)
    window = replace(data.window, previous="95.00")
    assert "比上季度下降 1.58 分。" in advice.summary(replace(data, window=window))
    nothing = replace(data.window, score=None, rank=None)
    assert advice.summary(replace(quiet, window=nothing))[0].startswith("本季度没有可以计入")


def test_charts_carry_their_figures_and_escape_their_words() -> None:
    drawn = period_charts.lines(
        [Line(name="<甲>", points=(Point(label="Q1", value="88.50"), Point(label="Q2", value="90.00")))],
        title="走势",
    )
    assert "88.50" in drawn
    lone = Line(name="甲", points=tuple(Point(label="Q", value=value) for value in ("88.50", None, "90.00")))
    assert period_charts.lines([lone], title="走势") == ""
    assert "&lt;甲&gt;" in drawn
    assert period_charts.lines([Line(name="甲", points=(Point(label="Q1", value=None),))], title="走势") == ""
    assert period_charts.spread([Count(name="<60", n=0)], title="分布") == ""
    heat = period_sample.quarter(province=True).heat
    assert heat is not None
    assert period_charts.heat(heat, title="图", weak="弱项").count("<title>弱项</title>") == sum(
        cell.weak for row in heat.rows for cell in row.cells if cell.value is not None
    )


def test_the_most_frequent_fault_is_named_though_a_grave_one_stands_first() -> None:
    data = period_sample.quarter()
    grave = replace(data.findings[0], critical=True, times=1, text="罕见的重大问题")
    often = replace(data.findings[0], critical=False, times=9, text="常见的小问题")
    said = "".join(advice.summary(replace(data, findings=(grave, often))))
    assert "不合格最多的是“常见的小问题”" in said
    assert "罕见的重大问题" not in said


def test_faults_that_are_equally_frequent_share_the_place() -> None:
    data = period_sample.quarter()
    tied = tuple(replace(data.findings[0], times=3, text=text) for text in "甲乙")
    assert "不合格最多的有 2 项，各 3 次：“甲”、“乙”。" in advice.summary(replace(data, findings=tied))
    five = tuple(replace(data.findings[0], times=3, text=text) for text in "甲乙丙丁戊")
    assert "不合格最多的有 5 项，各 3 次，例如：“甲”、“乙”、“丙”。" in advice.summary(
        replace(data, findings=five)
    )


def test_indicators_that_share_a_place_are_all_named() -> None:
    data = period_sample.quarter()
    means = tuple(Mean(title=title, score=score, n=9) for title, score in (
        ("甲", "100.00"), ("乙", "100.00"), ("丙", "70.00")))  # fmt: skip
    assert "得分率最高的指标是甲、乙（100.00%），最低的是丙（70.00%）。" in advice.summary(
        replace(data, sections=means)
    )


def test_a_line_breaks_where_a_month_has_no_visit() -> None:
    points = tuple(
        Point(label=str(n), value=value) for n, value in enumerate(("90.00", "91.00", None, "80.00", "82.00"))
    )
    drawn = period_charts.lines((Line(name="均分", points=points),), title="走势")
    assert drawn.count("<polyline") == 2


def test_no_title_in_a_chart_is_cut() -> None:
    title = "Papers and change are taken and given with both hands and the sum is said aloud to everybody"
    assert " ".join(charts.fold(title, 12)) == title
