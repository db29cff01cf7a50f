"""The labels and hints of somebody else's XLSForm: which columns are Chinese and English, and a row's words in both."""

import re
from dataclasses import dataclass
from typing import Literal

from server.gateways.xlsform_sheets import FormRow, FormSheet

_CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Labels:
    """The headings of a sheet's labels (or hints) by language; `plain` is the one that names no language."""

    by_language: dict[str, str]
    plain: str | None
    default: str | None

    @property
    def headings(self) -> frozenset[str]:
        """All headings that are taken."""
        return frozenset({*self.by_language.values(), *([self.plain] if self.plain else [])})

    def of(self, row: FormRow) -> dict[str, str]:
        """Return the row's words by language, as far as it has them."""
        words = {
            language: row.get(heading) for language, heading in self.by_language.items() if row.get(heading)
        }
        if self.plain and (text := row.get(self.plain)):
            language = self.default or ("zh" if _CHINESE.search(text) else "en")
            words.setdefault(language, text)
        return words

    def words(self, row: FormRow, name: str) -> tuple[dict[str, str], Literal["", "one", "all"]]:
        """Return words in both languages, and what had to stand in: the other language, or the name."""
        found = self.of(row)
        either = next(iter(found.values()), name)
        missing: Literal["", "one", "all"] = "" if len(found) == 2 else "one" if found else "all"
        return {"zh": found.get("zh", either), "en": found.get("en", either)}, missing


def read_labels(sheet: FormSheet, column: str, default_language: str) -> Labels:
    """Return the label columns of a sheet: `label`, `label::中文 (zh)`, `label::English (en)`, `label::en`."""
    by_language: dict[str, str] = {}
    plain = None
    for heading in sheet.columns:
        start, _, language = heading.partition(":")
        if start.strip().casefold() != column:
            continue
        language = language.lstrip(":").strip()
        if not language:
            plain = heading
        elif (code := _code(language)) and code not in by_language:
            by_language[code] = heading
    return Labels(by_language, plain, _code(default_language))


def _code(language: str) -> str | None:
    name = language.casefold()
    code = found[1] if (found := re.search(r"\(([a-z]{2,3})[-_)]", name)) else name[:3].rstrip("-_ ")
    if code in ("zh", "zho", "cmn") or "中" in name or "汉" in name or "chinese" in name:
        return "zh"
    return "en" if code in ("en", "eng") or "english" in name else None
