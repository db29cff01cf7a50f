"""The form of a folder of reports: which visits, which edition."""

from __future__ import annotations

from wtforms import SelectField, StringField
from wtforms.validators import Length, Optional

from server.forms.fields import ConsoleForm
from server.queries.report_folders import Filter


class FolderForm(ConsoleForm):
    """A month or quarter, a branch, a kind of visit, an edition; what is left out narrows nothing."""

    period = StringField(validators=[Optional(), Length(max=7)])
    branch = SelectField(validators=[Optional()], validate_choice=True)
    kind = SelectField(validators=[Optional()], validate_choice=True)
    edition = SelectField(validators=[Optional()], validate_choice=True)

    def wanted(self) -> Filter:
        """The filter that is meant. Raises WrongDocument."""
        self.checked()
        return Filter(
            period=self.period.data or "",
            branch=self.branch.data or "",
            kind=self.kind.data or "",
            edition=self.edition.data or "",
        )
