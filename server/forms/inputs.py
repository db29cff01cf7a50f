"""The forms of inputs: a file to try, one that was tried to take in, a veto event to enter or to take back."""

from __future__ import annotations

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, Regexp

from server.forms.fields import ConsoleForm, DayField


class TriedForm(ConsoleForm):
    """Which file was tried, by its hash, and the month that it is the complete list of."""

    sha256 = StringField(validators=[DataRequired(), Regexp(r"[0-9a-f]{64}\Z")])
    name = StringField(validators=[Optional(), Length(max=200)])
    complete = StringField(validators=[Optional(), Length(max=20)])


class VetoForm(ConsoleForm):
    """A veto event: the outlet's code, which item, the day, what proves it."""

    outlet = StringField(validators=[DataRequired(), Length(max=40)])
    code = StringField(validators=[DataRequired(), Length(max=8)])
    day = DayField(validators=[DataRequired()])
    note = TextAreaField(validators=[DataRequired(), Length(max=1000)])


class TakeBackForm(ConsoleForm):
    """Why a veto event is taken back."""

    why = TextAreaField(validators=[DataRequired(), Length(max=1000)])
