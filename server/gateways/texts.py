"""The catalogues: Chinese source texts and their English, read from server/locale/*.po at start."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"
LANGUAGES = ("zh", "en")


@cache
def catalogue(folder: Path = LOCALE) -> dict[str, str]:
    """All English texts by their Chinese source text; read once."""
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="en", abort_invalid=True):
                if message.id and message.string:
                    texts[str(message.id)] = str(message.string)
    return texts


def translator(language: str, texts: dict[str, str]) -> Callable[[str], str]:
    """A function from the Chinese source text to the text in `language`; Chinese where English is missing."""
    return (lambda text: texts.get(text, text)) if language == "en" else (lambda text: text)
