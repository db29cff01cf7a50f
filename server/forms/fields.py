"""What the console's forms share: a base form whose messages are in the user's language, and choices."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import Form

Choices = list[tuple[str, str]]


class ConsoleForm(Form):
    """A form of the console; CSRF is checked by the guard for every view, so no form does it again."""

    class Meta:
        """Messages are our own, as sentences of the catalogue."""

        locales = ("zh",)


def choices(words: dict[str, str], first: str, only: Iterable[str] | None = None) -> Choices:
    """The codes with their words, after an empty choice that means all."""
    codes = list(words) if only is None else list(only)
    return [("", first), *((code, words[code]) for code in codes)]
