"""Editing dialogues: one meaning per edit, applied to the text as it stands, every other byte kept."""
