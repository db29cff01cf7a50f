"""The forms of week plans: what a list is narrowed to, and that a meeting or training was held."""

from __future__ import annotations

from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from server.domain.plan_reminders import NOTE_CHARACTERS
from server.forms.fields import ConsoleForm, DayField


class PlanFilterForm(ConsoleForm):
    """What the lists of plans show; every field may be left out, so that a link holds what was chosen alone."""

    within = StringField(validators=[Optional(), Length(max=200)])
    week = DayField(validators=[Optional()])
    by = StringField(validators=[Optional(), Length(max=12)])
    weeks = IntegerField(validators=[Optional(), NumberRange(1, 53)])
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=24)])
    state = StringField(validators=[Optional(), Length(max=8)])
    quarter = StringField(validators=[Optional(), Length(max=10)])
    show = StringField(validators=[Optional(), Length(max=8)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])

    def text(self, name: str) -> str:
        """What a field of words holds, without blanks around it; empty where it cannot be."""
        field = self[name]
        return "" if field.errors else str(field.data or "").strip()

    @property
    def number(self) -> int:
        """The page; the first where none is named."""
        return self.page.data if isinstance(self.page.data, int) and not self.page.errors else 1


class MeetingForm(ConsoleForm):
    """Which unit held which meeting or training for which period, on which day, and a note."""

    unit = StringField(validators=[DataRequired(), Length(max=200)])
    sort = StringField(validators=[DataRequired(), Length(max=24)])
    period = StringField(validators=[DataRequired(), Length(max=10)])
    day = DayField(validators=[DataRequired()])
    note = StringField(validators=[Optional(), Length(max=NOTE_CHARACTERS)])
