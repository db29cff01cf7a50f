"""Agreement of readers: what is compared, what counts as equal, and where the limits lie."""

from __future__ import annotations

from server.domain.agreement import Count, Read, compared, gap_is_looked_at, tally


def read(first: str, second: str, *differing: str, list_: str = "hall") -> Read:
    return Read(list_, first, second, frozenset({"A-01", "A-02", "B-01"}), frozenset(differing))


def test_a_visit_counts_for_both_readers_and_for_each_item() -> None:
    found = tally([read("one", "two", "A-01"), read("two", "three"), read("one", "three", "A-01", "B-01")])
    assert (found.whole.compared, found.whole.equal) == (9, 6)
    assert {who: (count.compared, count.equal) for who, count in found.readers.items()} == {
        "one": (6, 3),
        "two": (6, 5),
        "three": (6, 4),
    }
    assert (found.items["hall", "A-01"].compared, found.items["hall", "A-01"].equal) == (3, 1)
    assert found.items["hall", "A-02"].hundredths == 10_000


def test_the_same_id_in_another_checklist_is_another_item() -> None:
    found = tally([read("one", "two", "A-01"), read("one", "two", list_="agent")])
    assert found.items["hall", "A-01"].equal == 0
    assert found.items["agent", "A-01"].equal == 1


def test_what_was_not_compared_cannot_differ() -> None:
    found = tally([read("one", "two", "Z-99")])
    assert (found.whole.compared, found.whole.equal) == (3, 3)


def test_ninety_percent_are_enough_and_are_compared_unrounded() -> None:
    assert not Count(10, 9).below(90)
    assert Count(100_000, 89_999).below(90)
    assert Count(100_000, 89_999).hundredths == 9_000
    assert not Count().below(90)
    assert Count().hundredths is None


def test_more_than_three_points_are_looked_at() -> None:
    assert not gap_is_looked_at(8_000, 8_300, 3)
    assert gap_is_looked_at(8_000, 8_301, 3)
    assert gap_is_looked_at(8_301, 8_000, 3)


def test_words_and_instants_are_not_compared_nor_what_was_hidden_or_open() -> None:
    kinds = {"A-01": "pass_fail", "A-02": "text", "A-03": "instant", "A-04": "timer", "A-05": "choice"}
    checklist = {"sections": [{"items": [{"id": name, "kind": kind} for name, kind in kinds.items()]}]}
    assert compared(checklist, ["A-01", "A-02", "A-03", "A-04"], ["A-01", "A-02", "A-03", "A-05"]) == {"A-01"}
