"""Telling people who is at the desk: a durable outbox and the channels it feeds.

`receptionist.notify.outbox` needs SQLAlchemy and is imported where it is used.
"""

from receptionist.notify.channel import Channel, DeliveryError, LocalChannel
from receptionist.notify.message import Message, SendState
from receptionist.notify.texts import REASONS, compose

__all__ = ["REASONS", "Channel", "DeliveryError", "LocalChannel", "Message", "SendState", "compose"]
