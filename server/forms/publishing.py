"""The forms of publishing: what of the waiting visits is shown, which were chosen, and masks of photographs."""

from __future__ import annotations

from uuid import UUID

from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from server.domain import masks
from server.domain.errors import Fault, WrongDocument
from server.forms.fields import ConsoleForm
from server.usecases.releases import CONFIRM, RELEASE, UNDO, WITHHOLD, Choice

SHAPES, ALL = "shapes-", "release-all"
"""The beginning of the name of a photograph's field, and what is done to all of them."""
_ACTS = (CONFIRM, RELEASE, WITHHOLD, UNDO)


class WaitingForm(ConsoleForm):
    """What of the waiting visits is shown; every field may be left out."""

    only = SelectField(choices=["", "overdue", "unseen"], validators=[Optional()])
    kind = SelectField(validators=[Optional()])
    branch = SelectField(validators=[Optional()])
    period = StringField(validators=[Optional(), Length(max=7)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class BatchForm(ConsoleForm):
    """A batch: its id, made when it was looked at, so that sending it twice publishes once."""

    batch = HiddenField(validators=[InputRequired(), Length(max=40)])


def ids_of(sent: MultiDict[str, str], name: str = "visit") -> list[UUID]:
    """The ids of that name. Raises WrongDocument for one that is none."""
    try:
        return [UUID(text) for text in sent.getlist(name)]
    except ValueError as error:
        raise WrongDocument(faults=(Fault(f"/{name}", "内容不对。"),)) from error


def choices_of(sent: MultiDict[str, str]) -> list[Choice]:
    """The masks of each photograph on the page, and what is done to which. Raises WrongDocument."""
    act, _, chosen = sent.get("act", "").partition(":")
    if act and act != ALL and act not in _ACTS:
        raise WrongDocument(faults=(Fault("/act", "内容不对。"),))
    found = []
    for name, text in sent.items():
        if name.startswith(SHAPES):
            sha256 = name.removeprefix(SHAPES)
            mine = act if act in _ACTS and chosen in ("", sha256) else ""
            found.append(Choice(sha256, masks.read(text, f"/{name}"), mine))
    return found
