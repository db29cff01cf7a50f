"""The forms of results and of the closing board."""

from __future__ import annotations

from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from server.forms.fields import ConsoleForm
from server.queries.result_lists import SORTS, TABS, Filters

STEPS = ("draft", "open", "publish", "close", "ask-reopen", "reopen", "refuse-reopen")


class ResultsForm(ConsoleForm):
    """Which period of which kind is shown, and how the list is narrowed; every field may be left out."""

    kind = StringField(default="month", validators=[Optional(), AnyOf((*TABS, "year"))])
    period = StringField(validators=[Optional(), Length(max=7)])
    branch = SelectField(validators=[Optional()], validate_choice=True)
    tier = SelectField(validators=[Optional()], validate_choice=True)
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), AnyOf(SORTS)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])

    def filters(self) -> Filters:
        """What the list is narrowed to; the plain list where something is not a value of its field."""
        if not self.validate():
            return Filters()
        return Filters(
            self.branch.data or "",
            self.tier.data or "",
            (self.search.data or "").strip(),
            self.sort.data or "-figure",
            self.page.data or 1,
        )


class StepForm(ConsoleForm):
    """One step of a period on the board."""

    period = StringField(validators=[InputRequired(), Length(max=7)])
    step = StringField(validators=[InputRequired(), AnyOf(STEPS)])
    why = TextAreaField(validators=[Optional(), Length(max=1000)])
