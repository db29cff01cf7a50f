"""The forms of appeals: filters of the list, an appeal with its proof, and the answer with the value that is right."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import UUID as IsUuid
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, Regexp

from server.forms.fields import ConsoleForm

VALUE, PART, WHOLE = "value", "part", "whole"
"""Names of the fields of a corrected answer; the two last are those of a share."""
NOT_APPLICABLE = "na"
PERIOD = r"\d{4}-(0[1-9]|1[0-2]|Q[1-4]|H[12])\Z"
"""A month, quarter or half-year in which appeals were answered."""
PROOFS = 5
"""How many files one form takes."""


class FilterForm(ConsoleForm):
    """What the list of appeals shows; every field may be left out, so that a link holds what was chosen alone."""

    state = SelectField(validators=[Optional()], validate_choice=True)
    branch = SelectField(validators=[Optional()], validate_choice=True)
    answered = StringField(validators=[Optional(), Regexp(PERIOD)])
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=12)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class AppealForm(ConsoleForm):
    """An appeal: its id, made by the page so that sending it twice makes one, the item, the ground; files come beside."""

    appeal = HiddenField(validators=[InputRequired(), IsUuid()])
    item = HiddenField(validators=[InputRequired(), Length(max=64)])
    ground = TextAreaField(validators=[Optional(), Length(max=2000)])

    def id(self) -> UUID:
        """The id of the appeal."""
        return UUID(self.appeal.data)


class AgainForm(ConsoleForm):
    """A rejected appeal asked again, or one whose proof has not come sent again: which time, what was seen, the ground."""

    turn = IntegerField(validators=[InputRequired(), NumberRange(1, 2)])
    etag = HiddenField(validators=[InputRequired(), Length(max=64)])
    ground = TextAreaField(validators=[Optional(), Length(max=2000)])


class AnswerForm(ConsoleForm):
    """The answer to an appeal; the value of a corrected answer comes in fields by the item's kind."""

    turn = IntegerField(validators=[InputRequired(), NumberRange(1, 2)])
    decision = HiddenField(validators=[InputRequired(), AnyOf(("uphold", "reject"))])
    why = TextAreaField(validators=[Optional(), Length(max=2000)])


def value_of(kind: str, sent: MultiDict[str, str]) -> Any:
    """The value that was chosen or typed for an item of this kind; None where there is none.

    What cannot be a number stays text, so that the checklist refuses it in words.
    """
    typed = sent.get(VALUE, "").strip()
    if typed == NOT_APPLICABLE:
        return NOT_APPLICABLE
    if kind == "multi":
        return sent.getlist(VALUE)
    if kind == "share":
        part, whole = (sent.get(name, "").strip() for name in (PART, WHOLE))
        return {"part": int(part), "whole": int(whole)} if part.isdigit() and whole.isdigit() else None
    if kind in ("scale", "count", "timer"):
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else (typed or None)
    return typed or None
