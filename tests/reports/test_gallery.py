"""Photos in rows: none lost, none cropped, none beyond the measure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.reports import charts, gallery
from server.reports.facts import Item, Photo

ITEM = Item(ref="OH-07", text="门头", source="S3 §2.1", answer="合格", result="met")
aspects = st.lists(st.sampled_from((0.3, 0.45, 0.75, 1.0, 1.33, 1.78, 4.0, 9.0)), max_size=30)


def _pictures(shapes: list[float]) -> list[gallery.Picture]:
    return [gallery.Picture(ITEM, Photo(sha256="0" * 64), n, shape) for n, shape in enumerate(shapes)]


@given(aspects)
def test_rows_hold_every_picture_in_order_within_the_measure(shapes: list[float]) -> None:
    rows = gallery.rows(_pictures(shapes), 178)
    assert [cell.picture.number for row in rows for cell in row] == list(range(len(shapes)))
    for row in rows:
        assert sum(cell.room for cell in row) + gallery.GAP_MM * (len(row) - 1) <= 178 + 0.1
        for cell in row:
            assert abs(cell.width / cell.height / cell.picture.aspect - 1) < 0.01


def test_four_portraits_stand_in_one_row_and_five_in_two_of_much_the_same_width() -> None:
    assert [len(row) for row in gallery.rows(_pictures([0.75] * 4), 178)] == [4]
    assert [len(row) for row in gallery.rows(_pictures([0.75] * 5), 178)] == [3, 2]


@given(st.text(max_size=60))
def test_a_title_beside_a_bar_takes_two_lines_at_most(title: str) -> None:
    assert len(charts.fold(title, 15)) <= 2


def test_a_bar_carries_its_number_and_its_remark_as_text() -> None:
    drawn = charts.bars(
        [charts.Bar("等候 <b>", "36.36", remark="最低", weak=True), charts.Bar("形象", None)],
        title="得分",
        nothing="无得分",
    )
    assert "36.36" in drawn
    assert "最低" in drawn
    assert "无得分" in drawn
    assert "等候 &lt;b&gt;" in drawn
    assert 'font-family="Noto Sans SC"' in drawn
