"""Rasa projects (format 3.1, and 2.0 as far as it is the same) as dialogues."""
