"""The forms of webhooks: a new one, and which events one of them is told."""

from __future__ import annotations

from wtforms import BooleanField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length

from server.domain.webhooks import EVENTS, Format
from server.forms.fields import ConsoleForm


class WebhookForm(ConsoleForm):
    """A new webhook."""

    name = StringField(validators=[DataRequired(), Length(max=80)])
    url = StringField(validators=[DataRequired(), Length(max=500)])
    format = SelectField(choices=[form.value for form in Format])
    events = SelectMultipleField(choices=list(EVENTS), validators=[DataRequired()])


class WebhookEventsForm(ConsoleForm):
    """What a webhook is told from now on, and whether it is told anything."""

    active = BooleanField()
    events = SelectMultipleField(choices=list(EVENTS))
