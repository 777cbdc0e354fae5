"""Personal data after the visit: how long it stays, and what is done when a person asks."""

from receptionist.privacy.purge import DailyPurge, purge

__all__ = ["DailyPurge", "purge"]
