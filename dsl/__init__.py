"""Dialogues as models: read, checked, compiled, tested, explained."""
