"""The virtual receptionist: kiosk, directory, notification, command line."""
