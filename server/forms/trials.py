"""The forms of trials of rules: what is tried on which period, and how the outlets of a result are narrowed."""

from __future__ import annotations

from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from server.forms.fields import ConsoleForm
from server.queries.trials import SHOWS, SORTS, Filters


class AskForm(ConsoleForm):
    """A version or draft, and a period; the values that are changed are read beside it."""

    base = StringField(validators=[InputRequired(), Length(max=50)])
    period = StringField(validators=[InputRequired(), Length(max=7)])


class RowsForm(ConsoleForm):
    """How the outlets are narrowed and ordered; every field may be left out."""

    show = StringField(validators=[Optional(), AnyOf(SHOWS)])
    line = StringField(validators=[Optional(), Length(max=20)])
    branch = SelectField(validators=[Optional()], validate_choice=True)
    tier = SelectField(validators=[Optional()], validate_choice=True)
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), AnyOf(SORTS)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])
    all = BooleanField()

    def filters(self) -> Filters:
        """What the list is narrowed to; the plain list where something is not a value of its field."""
        if not self.validate():
            return Filters()
        return Filters(
            self.show.data or "changed",
            self.line.data or "",
            self.branch.data or "",
            self.tier.data or "",
            (self.search.data or "").strip(),
            self.sort.data or "",
            self.page.data or 1,
            bool(self.all.data),
        )
