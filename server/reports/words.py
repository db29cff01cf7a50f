"""The report's words: Chinese is the source text, English comes from the catalogue; dates and durations in both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

from server.domain import dates
from server.reports.facts import Language

LOCALE = Path(__file__).resolve().parent.parent / "locale"

Translate = Callable[[str], str]


class MissingWords(LookupError):
    """A text of the report has no English yet."""


def translator(language: Language) -> Translate:
    """Give `_`: the Chinese source text in the report's language. Raises MissingWords when English lacks one."""
    if language == "zh":
        return str
    english = _english()

    def translate(text: str) -> str:
        try:
            return english[text]
        except KeyError:
            raise MissingWords(text) from None

    return translate


def day(value: date, language: Language) -> str:
    """A date as people write it."""
    return dates.day(value, language)


def instant(value: datetime) -> str:
    """An aware instant as business time to the second, the same in both languages."""
    return dates.instant(value, seconds=True)


def duration(seconds: int) -> str:
    """Whole seconds as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    found: dict[str, str] = {}
    # Where the console says a thing in other words, a report keeps its own.
    for catalogue in (*sorted(LOCALE.glob("*.po")), LOCALE / "report.en.po"):
        with catalogue.open("rb") as file:
            found |= {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string and not m.fuzzy}
    return found
