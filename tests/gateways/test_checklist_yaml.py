"""A checklist written as YAML is read back as it was, whatever its texts hold; no text ends the process."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.config import ROOT
from server.domain.checklist import canonical, fingerprint, read_checklist
from server.domain.checklist_plain import plain
from server.gateways.checklist_yaml import read_yaml_checklist, yaml_text
from server.gateways.standards import read_standards
from server.gateways.yaml_lines import read_yaml_text
from tests.gateways.odd_checklists import checklists

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.sampled_from(
        [
            "null", "~", "true", "yes", "007", "-1", "0x1F", "1e3", "7.5", "2026-01-31", "9:00", "<<", "=", "|", ">",
            "- a", "a: b", "a #b", "# a", "{a", "[a", "&a", "*a", "!a", "%a", "@a", "`a", "'", '"', "a\nb", "a\n",
            "\n", " a", "a ", "\ta", "a\n\n b\n", "---", "...", "?", "? a", "\ufeff", "\x00", "\x85", "\u2028", "\U0010ffff",
            "- id: A-1", "字\n- id: B", "很长的文字 " * 40, "x" * 300,
        ]
    ),
)  # fmt: skip


@settings(max_examples=100)
@given(checklists().filter(lambda written: str(10**18) not in json.dumps(written)))
def test_what_is_written_is_read_back_exactly(written: dict[str, Any]) -> None:
    """Whole numbers of more than 18 digits aside, which our YAML reads as texts."""
    text = yaml_text(written)
    value, reading = read_yaml_checklist(text, "x.yaml")
    assert value == written
    assert list(value) == list(written)
    assert reading.draft is not None
    assert plain(reading.draft) == written
    assert canonical(compiled(value)) == canonical(compiled(written))
    assert yaml_text(value) == text


@settings(max_examples=300)
@given(TEXTS, TEXTS)
def test_every_text_is_read_back_to_the_letter(zh: str, en: str) -> None:
    words = {"zh": zh, "en": en}
    item = {
        "id": "A-1",
        "text": words,
        "source": zh,
        "kind": "choice",
        "points": 0,
        "options": {"a": words, "b": words},
    }
    section = {"id": "a", "title": words, "points": 0, "items": [item, {**item, "id": "A-2"}]}
    written = {
        "id": "x",
        "title": words,
        "retired": ["Z-1"],
        "prohibitions": {"P1": words},
        "sections": [section],
    }
    assert read_yaml_text(yaml_text(written), "x").value == written


def compiled(written: dict[str, Any]) -> dict[str, Any]:
    found = read_checklist(written).compiled
    assert found is not None
    return found


def test_ours_are_read_back_exactly_and_name_their_schema() -> None:
    for standard in read_standards(ROOT / "checklists").values():
        text = yaml_text(plain(standard.draft))
        assert text.startswith("# yaml-language-server: $schema=../checklist.schema.json\n")
        value, reading = read_yaml_checklist(text, "x.yaml")
        assert value == plain(standard.draft)
        assert reading.compiled is not None
        assert fingerprint(reading.compiled) == standard.sha256


def test_a_finding_has_its_line() -> None:
    standard = read_standards(ROOT / "checklists")["ordinary", 1]
    text = yaml_text(plain(standard.draft)).replace("kind: pass_fail", "kind: colour", 1)
    line = next(n for n, each in enumerate(text.splitlines(), start=1) if "colour" in each)
    _, reading = read_yaml_checklist(text, "x.yaml")
    assert [(each.file, each.line) for each in reading.findings if each.message_key == "not_one_of"] == [
        ("x.yaml", line)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 20_000 + "a",
        "? " * 20_000,
        "".join(f"{' ' * n}a:\n" for n in range(2000)),
        "[" * 100 + "]" * 100,
    ],
    ids=["brackets", "braces", "dashes", "keys", "blocks", "a hundred"],
)
def test_deep_nesting_is_a_finding_and_does_not_end_the_process(text: str) -> None:
    assert [each.facts.get("feature") for each in read_yaml_text(text, "x").findings] == ["nesting"]
