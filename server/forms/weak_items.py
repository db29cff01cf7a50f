"""The forms of weak items: filters of the map and of the tracked ones, the plan of one, and what of it is done."""

from __future__ import annotations

from wtforms import FieldList, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import UUID, AnyOf, InputRequired, Length, NumberRange, Optional

from server.forms.fields import ConsoleForm, DayField
from server.queries.weak_quarters import LEVELS


class MapForm(ConsoleForm):
    """What the map shows; every field may be left out, so that a link holds what was chosen alone."""

    quarter = StringField(validators=[Optional(), Length(max=7)])
    level = SelectField(choices=list(LEVELS), validators=[Optional()])
    within = SelectField(validators=[Optional()])
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=64)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class TrackedForm(ConsoleForm):
    """Which tracked items are listed, in which order."""

    state = SelectField(validators=[Optional()])
    branch = SelectField(validators=[Optional()])
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=12)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class TakeUpForm(ConsoleForm):
    """The path of the county or area whose weak item is to be tracked."""

    unit = StringField(validators=[InputRequired(), Length(max=200)])


class PlanForm(ConsoleForm):
    """The revision that was looked at, the owner, the cause, and the actions, each with its day."""

    seen = IntegerField(validators=[InputRequired(), NumberRange(min=1)])
    owner = StringField(validators=[Optional(), UUID()])
    cause = TextAreaField(validators=[Optional(), Length(max=2000)])
    what = FieldList(StringField(validators=[Optional(), Length(max=500)]), max_entries=20)
    due = FieldList(DayField(validators=[Optional()]), max_entries=20)


class DoneForm(ConsoleForm):
    """Whether an action is done."""

    done = HiddenField(validators=[InputRequired(), AnyOf(("yes", "no"))])
