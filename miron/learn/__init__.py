"""The trained understanding: intents and slots learned from sentences, served without torch."""

from miron.learn.api import (
    Example,
    Model,
    ModelError,
    Parsed,
    Settings,
    SlotSpan,
    TrainingError,
    cached,
    content_hash,
    train,
)

__all__ = [
    "Example",
    "Model",
    "ModelError",
    "Parsed",
    "Settings",
    "SlotSpan",
    "TrainingError",
    "cached",
    "content_hash",
    "train",
]
