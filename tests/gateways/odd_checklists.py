"""Random checklists with odd texts and every key of the notation, for hypothesis."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from server.domain.checklist import read_checklist
from server.domain.checklist_plain import plain
from server.domain.findings import listed
from tests.domain.random_checklists import random_checklist

ODD = (
    "=1+1", "=HYPERLINK(\"http://x\",\"y\")", "+86 10086", "-1", "@SUM(A1)", "'quoted", '"double"', "“弯引号”",
    "两行\n文字", "tab\there", "  前后有空格  ", "𠮷野家", "😀👍🏽", "https://example.org/a?b=c&d", "<b>&amp;</b>", "12", "0012",
    "3-4", "TRUE", "true", "1e5", "50%", "_x0041_", "a\rb", "a\r\nb", "\x01\x0b", "${OH_02}", "$\u2060{x}", "$ {x}", "长" * 3000,
    "#REF!", "是", "null", "{=1}", "a,b；c、d", "（条件）且", "ｆｕｌｌ", "\u3000全角空格", "e\u0301", "\u202eabc",
)  # fmt: skip
"""Texts that a spreadsheet, a reader or a form could take for something else."""

texts = st.one_of(
    st.sampled_from(ODD),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=30
    ),
).filter(lambda text: bool(text.strip()) and "_x005" not in text.lower())


@st.composite
def checklists(draw: st.DrawFn) -> dict[str, Any]:
    """Return a checklist in its plain form that passes every check."""
    random = draw(st.randoms(use_true_random=False))
    pool = draw(st.lists(texts, min_size=1, max_size=8))
    written = random_checklist(random, random.randint(1, 999))
    written["title"] = _words(random, pool)
    written["version"] = random.randint(1, 9)
    written["visit_kinds"] = random.sample(
        ["mystery", "announced", "area_visit", "patrol"], random.randint(1, 4)
    )
    written["tiers"] = random.sample(["own_hall", "franchise", "ordinary", "village"], random.randint(1, 4))
    written["prohibitions"] = {name: _words(random, pool) for name in written["prohibitions"]}
    names = [item["id"] for section in written["sections"] for item in section["items"]]
    if random.random() < 0.5:
        written["retired"] = [f"GONE-{n}" for n in range(random.randint(1, 3))]
    if random.random() < 0.5:
        same = random.sample(names, random.randint(0, len(names)))
        written["changes"] = {
            "since": random.randint(1, 9),
            "note": random.choice(["", *pool])[:2000],
            "same": [*same, *random.sample(["OLD-1"], random.randint(0, 1))],
        }
    for section in written["sections"]:
        section["title"] = _words(random, pool)
        for item in section["items"]:
            _adorn(random, pool, item)
    reading = read_checklist(written)
    assert reading.draft is not None, listed(reading.findings, "en")
    assert not reading.findings, listed(reading.findings, "en")
    return plain(reading.draft)


def _adorn(random: Random, pool: list[str], item: dict[str, Any]) -> None:
    kind = item["kind"]
    item["text"] = _words(random, pool)
    item["source"] = random.choice(pool)
    for option in item.get("options", {}).values():
        option.update(_words(random, pool))
    if kind in ("scale", "count", "number", "timer", "share") and random.random() < 0.5:
        item["unit"] = _words(random, pool)
    if kind == "number" and random.random() < 0.5:
        item["min"], item["max"] = random.choice(
            [(0, 60), ("0", "60.5"), ("-3.25", 10**11), (-(10**11), "0.000001")]
        )
    if kind == "count" and random.random() < 0.5:
        item["min"], item["max"] = 0, random.choice([50, 10**9, 10**11])
    if isinstance(item.get("photo"), str) and random.random() < 0.4:
        item["photo"] = {"when": item["photo"], "hint": _words(random, pool)}
    if random.random() < 0.2:
        item["original"] = True
        item["max_px"] = random.choice([320, 1600, 2400])
    if random.random() < 0.2:
        item["indicator"] = f"IND-{item['id']}"
    if random.random() < 0.2:
        item["follows"] = "OLD-2"
    if item.get("cases") and random.random() < 0.3:
        item["cases"].append(item["cases"][-1])


def _words(random: Random, pool: list[str]) -> dict[str, str]:
    return {"zh": random.choice(pool), "en": random.choice(pool)}
