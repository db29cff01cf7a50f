"""The form of the overview: which unit at which period."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import Length, Optional

from server.forms.fields import ConsoleForm


class OverviewForm(ConsoleForm):
    """The path of a unit and the code of a period; both may be left out."""

    unit = StringField(validators=[Optional(), Length(max=200)])
    period = StringField(validators=[Optional(), Length(max=7)])
