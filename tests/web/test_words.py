"""Every word of the console is complete in both languages: Chinese in the source, English in the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.gateways import texts
from server.queries import words
from server.usecases import evidence  # the flags' codes come from the domain through this

SERVER = Path(evidence.__file__).resolve().parent.parent
MARKED = re.compile(r"""(?:\b_|\bsay)\(\s*(?:"([^"]*[\u4e00-\u9fff][^"]*)"|'([^']*[\u4e00-\u9fff][^']*)')""")
SENTENCE = re.compile(r'"([^"]*[\u4e00-\u9fff][^"]*)"')
BRACE = re.compile(r"\{(\w+)\}")


def marked() -> Iterator[tuple[str, str]]:
    """Each marked text with the file that it stands in."""
    pages = [path for path in SERVER.glob("templates/**/*.html") if path.parent.name != "report"]
    assert len(pages) > 5
    for path in [*pages, *SERVER.glob("routes/*.py"), *SERVER.glob("queries/*.py")]:
        for found in MARKED.finditer(path.read_text(encoding="utf-8")):
            yield found[1] or found[2], path.name
    # These hold their words as plain text and translate them where they are shown.
    plain = ("words", "event_words", "notice_words")
    for name in ("templates/macros.html", *(f"queries/{file}.py" for file in plain)):
        for found in SENTENCE.finditer((SERVER / name).read_text(encoding="utf-8")):
            if "{{" not in found[1]:
                yield found[1], name


def test_every_text_has_its_english() -> None:
    english = texts.catalogue()
    missing = sorted({(text, file) for text, file in marked() if text not in english})
    assert missing == []


def test_facts_keep_their_names_in_english() -> None:
    english = texts.catalogue()
    for text, _ in marked():
        if text in english:
            assert set(BRACE.findall(english[text])) == set(BRACE.findall(text)), text


@pytest.mark.parametrize(
    "code",
    [
        "off_site",
        "too_fast",
        "photo_older",
        "photo_repeated",
        "photo_similar",
        "photo_damaged",
        "clock_off",
        "clock_unknown",
        "no_position",
        "outlet_position_unknown",
        "timer_edited",
        "timer_jump",
        "changed_after_end",
        "late",
        "very_late",
        "same_text",
    ],
)
def test_every_flag_has_a_name_and_a_sentence(code: str) -> None:
    name, sentence = words.FLAGS[code]
    assert name
    assert sentence.endswith("。")


def test_no_flag_of_the_domain_is_without_words() -> None:
    source = (SERVER / "domain" / "evidence.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'Flag\(\s*"(\w+)"', source))
    assert codes == set(words.FLAGS)


WIDE = "，、：；。（）“”！？"
CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def test_no_page_has_full_width_signs_outside_of_what_is_translated() -> None:
    found = []
    for path in SERVER.glob("templates/**/*.html"):
        if path.parent.name == "report":
            continue
        page = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found += [(path.name, sign) for sign in re.findall(f"[{WIDE}]", CODE.sub("", page))]
        for code in CODE.findall(page):
            # A sign alone stands for both languages only where it is translated, or chosen by the language.
            signs = re.finditer(rf"""(_\()?["']([{WIDE}]+)["']( if g\.language)?""", code)
            found += [(path.name, each[2]) for each in signs if not each[1] and not each[3]]
    assert found == []


def test_no_list_of_a_page_is_joined_with_a_full_width_sign_whatever_the_language() -> None:
    joined = re.compile(rf'(?<!say\()(?<!_\()"[{WIDE}]"\.join')
    places = [*SERVER.glob("routes/*.py"), *SERVER.glob("queries/tables/*.py")]
    assert [path.name for path in places if joined.search(path.read_text(encoding="utf-8"))] == []
