"""The kiosk: an avatar, a transcript, buttons and an input line in a terminal (Textual).

Importing this package is cheap; Textual itself is imported by `receptionist.kiosk.app`, only when the kiosk
starts.
"""
