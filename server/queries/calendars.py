"""The working days of all years whose calendar is published, as the settings' folder of checklists holds them."""

from server.config import Settings
from server.domain.calendars import Calendars
from server.gateways.rules import published_calendars

FOLDER = "checklists"


def calendars_of(settings: Settings) -> Calendars:
    """The published calendars; read once in a process. Raises StandardsWrong."""
    return published_calendars(settings.root / FOLDER)
