"""The receptionist's services as rasa-sdk actions.

`signatures` and `desk` are light; the modules with the actions load rasa-sdk (about a second), so they are
imported by the driver in `inprocess` when it is warmed up, or by a Rasa action server.
"""
