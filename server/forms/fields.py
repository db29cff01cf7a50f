"""What the console's forms share: a base form whose messages are in the user's language, and choices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from wtforms import DateField, Form, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from server.domain.errors import Fault, WrongDocument
from server.domain.visit import YEARS

Choices = list[tuple[str, str]]


class ConsoleForm(Form):
    """A form of the console; CSRF is checked by the guard for every view, so no form does it again."""

    class Meta:
        """Messages are our own, as sentences of the catalogue."""

        locales = ("zh",)

    def checked(self) -> Self:
        """The form itself. Raises WrongDocument with a fault for each field that is wrong."""
        if not self.validate():
            raise WrongDocument(faults=tuple(Fault(f"/{name}", "内容不对。") for name in self.errors))
        return self


class DayField(DateField):
    """A day within the years of our records, so that no arithmetic on it runs out of the calendar."""

    def pre_validate(self, form: Form) -> None:
        """Raises ValidationError."""
        if self.data is not None and self.data.year not in YEARS:
            raise ValidationError()


class DraftStepForm(ConsoleForm):
    """Which state of a draft somebody saw, and the reason of who sends it back."""

    revision = IntegerField(validators=[InputRequired(), NumberRange(min=1)])
    reason = TextAreaField(validators=[Optional(), Length(max=2000)])


def choices(words: dict[str, str], first: str, only: Iterable[str] | None = None) -> Choices:
    """The codes with their words, after an empty choice that means all."""
    codes = list(words) if only is None else list(only)
    return [("", first), *((code, words[code]) for code in codes)]
