"""The parts of the kiosk's screen."""
