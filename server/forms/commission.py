"""The forms of the commission: what of a month is shown, and closing it as it was looked at."""

from __future__ import annotations

from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from server.forms.fields import ConsoleForm
from server.queries.commission import SHOWN, SUMS

SORTS = ("", *(f"{sign}{name}" for name in ("composite", *SUMS) for sign in ("", "-")))


class MonthForm(ConsoleForm):
    """What of a month is shown; every field may be left out."""

    month = StringField(validators=[Optional(), Regexp(r"\d{4}-(0[1-9]|1[0-2])\Z")])
    branch = SelectField(validators=[Optional()])
    tier = SelectField(validators=[Optional()])
    only = SelectField(choices=list(SHOWN), default="all", validators=[Optional()])
    search = StringField(validators=[Optional(), Length(max=80)])
    sort = SelectField(choices=list(SORTS), validators=[Optional()])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class CloseForm(ConsoleForm):
    """Closing a month: which state of it was looked at."""

    digest = HiddenField(validators=[InputRequired(), Length(min=64, max=64)])
