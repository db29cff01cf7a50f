"""The forms of period reports: filters of the list, and what a report is to be about."""

from __future__ import annotations

from uuid import UUID

from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional, Regexp

from server.domain.period_reports import PERIODIC, Kind, period_of
from server.forms.fields import ConsoleForm
from server.usecases.period_read import Wanted

_PERIOD = r"[0-9]{4}-(Q[1-4]|0[1-9]|1[0-2])"


class PeriodFilterForm(ConsoleForm):
    """What the list of period reports shows; every field may be left out."""

    kind = SelectField(validators=[Optional()], validate_choice=True)
    period = StringField(validators=[Optional(), Length(max=10)])
    search = StringField(validators=[Optional(), Length(max=60)])
    page = IntegerField(default=1, validators=[Optional(), NumberRange(1, 100_000)])


class PeriodForm(ConsoleForm):
    """A report to be made: of what, over which month or quarter, for whom, in which language, with own words."""

    kind = StringField(validators=[InputRequired(), AnyOf([kind.value for kind in PERIODIC])])
    subject = StringField(validators=[InputRequired(), Length(max=60)])
    """The id of a unit, or the code of an outlet."""
    period = StringField(validators=[InputRequired(), Regexp(_PERIOD)])
    edition = StringField(validators=[Optional(), AnyOf(("outlet", "inner"))])
    language = StringField(validators=[Optional(), AnyOf(("zh", "en"))])
    remarks = TextAreaField(validators=[Optional(), Length(max=2000)])

    def wanted(self, subject_id: UUID) -> Wanted:
        """The report that is meant, about the subject that was found. Raises PeriodWrong."""
        kind = Kind(self.kind.data)
        return Wanted(
            kind,
            subject_id,
            period_of(kind, self.period.data),
            "inner" if self.edition.data == "inner" else "outlet",
            "en" if self.language.data == "en" else "zh",
        )
