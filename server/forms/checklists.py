"""The forms of checklists: what a changed item means, why a version is made, reasons, the draft that was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from server.forms.fields import ConsoleForm, DraftStepForm

MEANING = "meaning-"
"""Beginning of the name of each changed item's field."""
SAID = ("same", "changed", "new")


class DraftForm(DraftStepForm):
    """Which state of a draft somebody saw, its author's note, whether the rest is `same`."""

    note = TextAreaField(validators=[Optional(), Length(max=2000)])
    rest = BooleanField()


class StoreForm(ConsoleForm):
    """The clean content of a dry run, and the draft that it is to take the place of."""

    content = StringField(validators=[InputRequired()])
    draft = StringField(validators=[Optional(), Length(max=36)])
    revision = IntegerField(validators=[Optional(), NumberRange(min=1)])

    def draft_id(self) -> UUID | None:
        """The draft, where one is named. Raises ValueError."""
        return UUID(self.draft.data) if self.draft.data else None


class RetireForm(ConsoleForm):
    """Why a version is taken out of use."""

    reason = TextAreaField(validators=[Optional(), Length(max=2000)])


def meanings_of(sent: Mapping[str, str]) -> dict[str, Any]:
    """What was said of each changed item, by its id."""
    return {
        name.removeprefix(MEANING): said
        for name, said in sent.items()
        if name.startswith(MEANING) and said in SAID
    }
