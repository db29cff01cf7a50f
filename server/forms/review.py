"""The forms of the review desk: filters of the list, and the decision with its reasons per item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from werkzeug.datastructures import MultiDict
from wtforms import DateTimeLocalField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional

from server.domain.review import Reason, Verdict
from server.domain.visit import SHANGHAI, Value
from server.forms.fields import ConsoleForm

REASON, DIFFERS = "reason-", "differs-"
"""Beginnings of the names of each item's fields: the reason to return it, and `I judge otherwise`."""
MINE, MINE_WHOLE = "value-", "whole-"
"""Beginnings of the names of the second reader's own value: as text, and as a whole number."""
WHOLE = "whole"


class FilterForm(ConsoleForm):
    """What the list of visits shows; every field may be left out, so that a link holds what was chosen alone."""

    state = SelectField(validators=[Optional()], validate_choice=True)
    kind = SelectField(validators=[Optional()], validate_choice=True)
    branch = SelectField(validators=[Optional()], validate_choice=True)
    period = StringField(validators=[Optional(), Length(max=7)])
    flags = SelectField(validators=[Optional()], validate_choice=True)
    search = StringField(validators=[Optional(), Length(max=60)])
    sort = StringField(validators=[Optional(), Length(max=12)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class DecisionForm(ConsoleForm):
    """A decision about one revision; reasons and verdicts come with the item in the field's name."""

    revision = IntegerField(validators=[InputRequired(), NumberRange(min=1)])
    round = IntegerField(validators=[Optional(), NumberRange(1, 3)])
    confirmed = HiddenField(validators=[Optional(), AnyOf(("yes",))])
    decision = HiddenField(validators=[InputRequired(), AnyOf(("accept", "return", "void"))])
    due = DateTimeLocalField(validators=[Optional()])
    note = TextAreaField(validators=[Optional(), Length(max=4000)])
    whole = TextAreaField(validators=[Optional(), Length(max=1000)])

    def due_instant(self) -> datetime | None:
        """The due date as an instant; people write Shanghai time."""
        due: datetime | None = self.due.data
        return due.replace(tzinfo=SHANGHAI) if due else None


def reasons_of(sent: MultiDict[str, str]) -> list[Reason]:
    """The reasons that were written, those about the whole visit last."""
    found = [
        Reason(item=name.removeprefix(REASON), text=text.strip()[:1000])
        for name, text in sent.items()
        if name.startswith(REASON) and text.strip()
    ]
    whole = sent.get(WHOLE, "").strip()
    return [*found, Reason(text=whole[:1000])] if whole else found


def verdicts_of(sent: Mapping[str, str]) -> list[Verdict]:
    """The items that the reader judges otherwise than the visit does, with his own value where he stated one."""
    values: dict[str, Value | None] = {
        name.removeprefix(DIFFERS): None for name in sent if name.startswith(DIFFERS) and sent[name] == "yes"
    }
    for name, text in sent.items():
        mine = text.strip()
        if name.startswith(MINE) and mine:
            values[name.removeprefix(MINE)] = mine
        elif name.startswith(MINE_WHOLE) and mine:
            # What is no whole number is refused where it is known what the item takes.
            whole = mine.isascii() and mine.lstrip("-").isdigit() and len(mine) < 12
            values[name.removeprefix(MINE_WHOLE)] = int(mine) if whole else mine
    return [Verdict(item=item, agree=False, value=value) for item, value in values.items()]
