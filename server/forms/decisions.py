"""The forms of decisions and of the list of outlets: filters, a proposal by hand, approval, and what needs a reason."""

from __future__ import annotations

from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from server.domain.deciding import CLASSES, DecisionKind
from server.forms.fields import ConsoleForm, DayField


class FilterForm(ConsoleForm):
    """What the board shows; every field may be left out, so that a link holds what was chosen alone."""

    state = SelectField(validators=[Optional()], validate_choice=True)
    kind = SelectField(validators=[Optional()], validate_choice=True)
    branch = SelectField(validators=[Optional()], validate_choice=True)
    outlet = StringField(validators=[Optional(), Length(max=40)])
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=12)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class HandForm(ConsoleForm):
    """A proposal by hand; `id` is made with the page, so that a form sent twice makes one. `wish`: the new class."""

    id = HiddenField(validators=[InputRequired(), Length(max=36)])
    outlet = StringField(validators=[InputRequired(), Length(max=40)])
    kind = SelectField(choices=[kind.value for kind in DecisionKind], validators=[InputRequired()])
    wish = SelectField(choices=["", *CLASSES], validators=[Optional()])
    why = TextAreaField(validators=[Optional(), Length(max=2000)])


class ApproveForm(ConsoleForm):
    """What was looked at, the day of effect, and what there is to say."""

    seen = HiddenField(validators=[InputRequired(), Length(max=60)])
    effective_on = DayField(validators=[Optional()])
    reason = TextAreaField(validators=[Optional(), Length(max=2000)])


class RefusalForm(ConsoleForm):
    """Holding, refusing or taking back: which, what was looked at, and why; or what was given."""

    step = HiddenField(validators=[InputRequired(), AnyOf(("hold", "reject", "withdraw", "give"))])
    seen = HiddenField(validators=[InputRequired(), Length(max=60)])
    reason = TextAreaField(validators=[Optional(), Length(max=2000)])
