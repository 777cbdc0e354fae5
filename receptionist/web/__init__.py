"""The kiosk in a browser: one session, shown by as many screens as look at it."""
