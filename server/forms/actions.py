"""The forms of corrective actions: filters of the list, one made by hand, an answer, a decision, a withdrawal."""

from __future__ import annotations

from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from server.forms.fields import ConsoleForm, DayField


class FilterForm(ConsoleForm):
    """What the list of actions shows; every field may be left out, so that a link holds what was chosen alone."""

    state = SelectField(validators=[Optional()], validate_choice=True)
    sort_of = SelectField(validators=[Optional()], validate_choice=True)
    level = SelectField(validators=[Optional()], validate_choice=True)
    branch = SelectField(validators=[Optional()], validate_choice=True)
    outlet = StringField(validators=[Optional(), Length(max=40)])
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=12)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class HandForm(ConsoleForm):
    """An action that somebody asks for by hand; `id` is made with the page, so that a form sent twice makes one."""

    id = HiddenField(validators=[InputRequired(), Length(max=36)])
    outlet = StringField(validators=[InputRequired(), Length(max=40)])
    what = TextAreaField(validators=[InputRequired(), Length(max=2000)])
    due = DayField(validators=[InputRequired()])
    who = StringField(validators=[Optional(), Length(max=80)])


class AnswerForm(ConsoleForm):
    """What was put right; photos come beside it as files. `etag` is of the action that was looked at."""

    etag = HiddenField(validators=[InputRequired(), Length(max=64)])
    answer = TextAreaField(validators=[Optional(), Length(max=4000)])


class DecisionForm(ConsoleForm):
    """Accepted, or sent back with a reason and perhaps a date."""

    etag = HiddenField(validators=[InputRequired(), Length(max=64)])
    decision = HiddenField(validators=[InputRequired(), AnyOf(("accept", "reopen"))])
    why = TextAreaField(validators=[Optional(), Length(max=2000)])
    due = DayField(validators=[Optional()])


class GiveForm(ConsoleForm):
    """To whom a planned recheck is given, by the name of the login."""

    username = StringField(validators=[InputRequired(), Length(max=80)])


class WithdrawForm(ConsoleForm):
    """Why an action is taken back."""

    why = TextAreaField(validators=[Optional(), Length(max=2000)])
