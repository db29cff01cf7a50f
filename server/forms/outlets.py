"""The form of the list of outlets: its filters."""

from __future__ import annotations

from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import Length, NumberRange, Optional

from server.forms.fields import ConsoleForm


class FilterForm(ConsoleForm):
    """What the list shows; every field may be left out, so that a link holds what was chosen alone."""

    tier = SelectField(validators=[Optional()], validate_choice=True)
    class_ = SelectField(name="class", validators=[Optional()], validate_choice=True)
    status = SelectField(validators=[Optional()], validate_choice=True)
    star = SelectField(validators=[Optional()], validate_choice=True)
    branch = SelectField(validators=[Optional()], validate_choice=True)
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=12)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])
