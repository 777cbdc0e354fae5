"""E-mail, chat, SMS and the rest by Apprise, which knows over a hundred services by their URLs."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Sequence
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from receptionist.notify.channel import DeliveryError
from receptionist.notify.message import Message
from receptionist.notify.texts import invitation_to_answer, title

if TYPE_CHECKING:
    from apprise.plugins import NotifyBase

_LOADING_S = 5.0
_ADDRESS = re.compile(r"\{address\}")
_STATUS = re.compile(r"\berror=(\d{3})\b")
_NEVER_REACHED = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|Connection refused|\[Errno -[2-5]\]"
    r"|Name or service not known|Temporary failure in name resolution"
    r"|[Nn]etwork is unreachable|No route to host"
)
_PASSING = frozenset({408, 425, 429, 500, 503})
_UNCLEAR = frozenset({502, 504})


class Outcome(Enum):
    """What is known after one address was tried."""

    SENT = "the service took it"
    NOT_REACHED = "the service could not be reached"
    BUSY = "the service refused it for now"
    REFUSED = "the service refused it"
    UNCLEAR = "the service did not say whether it took it"


class AppriseChannel:
    """Sends through one or more Apprise URLs.

    A message counts as sent when one of them took it. `{address}` in a URL stands for the recipient's own
    address. What a service answers is kept out of error texts: it may repeat keys and passwords.

    Args:
        urls: Apprise URLs, such as `mailtos://user:password@example.org?to={address}`; none: the recipient's
            address is one itself.
        patience_s: Longest time, in seconds, that the services may take for one message.
    """

    def __init__(self, urls: Sequence[str], patience_s: float = 10.0) -> None:
        self.timeout_s = patience_s + _LOADING_S
        self._patience_s = patience_s
        self._urls = tuple(urls)

    def send(self, message: Message) -> None:
        """Send one message to all addresses at once.

        Raises:
            DeliveryError: No service took it, for certain.
            TimeoutError: A service has not answered in time; it may have taken it.
            ConnectionError: A service broke off; it may have taken it.
        """
        targets = [_target(url, self._patience_s) for url in self._addresses(message)]
        outcomes: list[Outcome] = []
        threads = [
            threading.Thread(
                target=lambda one=target: outcomes.append(_try(one, message)),
                name="miron-notify",
                daemon=True,
            )
            for target in targets
        ]
        for thread in threads:
            thread.start()
        end = time.monotonic() + self._patience_s
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        if Outcome.SENT in outcomes:
            return
        if len(outcomes) < len(targets):
            raise TimeoutError(f"no answer within {self._patience_s:g} s")
        if Outcome.UNCLEAR in outcomes:
            raise ConnectionError(Outcome.UNCLEAR.value)
        passing = [outcome for outcome in outcomes if outcome is not Outcome.REFUSED]
        raise DeliveryError((passing or outcomes)[0].value, retry=bool(passing))

    def delivered(self, message: Message) -> bool | None:
        """Nobody can ask these services afterwards."""
        return None

    def _addresses(self, message: Message) -> list[str]:
        if not self._urls:
            if not message.address:
                raise DeliveryError(f"{message.recipient} has no address", retry=False)
            return message.address.split()
        if message.address is None and any(_ADDRESS.search(url) for url in self._urls):
            raise DeliveryError(f"{message.recipient} has no address for this channel", retry=False)
        address = quote(message.address or "", safe="")
        return [_ADDRESS.sub(lambda _: address, url) for url in self._urls]


def faulty(url: str) -> str | None:
    """What is wrong with an Apprise URL, in words that do not repeat it; None when it can be used.

    An unknown service is told from a wrong form. Loads Apprise.
    """
    from apprise import Apprise

    if Apprise.instantiate(_ADDRESS.sub("someone@example.org", url), asset=_asset()) is not None:
        return None
    return f"{url.split(':', 1)[0]!r} is no service that Apprise knows, or its address has another form"


def _target(url: str, timeout_s: float) -> NotifyBase:
    try:
        from apprise import Apprise

        target = Apprise.instantiate(url, asset=_asset())
    except Exception as error:
        raise DeliveryError(f"Apprise cannot be used: {type(error).__name__}", retry=False) from error
    if target is None:
        raise DeliveryError("the address is none that Apprise knows", retry=False)
    target.socket_connect_timeout = min(target.socket_connect_timeout, timeout_s)
    target.socket_read_timeout = min(max(target.socket_read_timeout, timeout_s / 2), timeout_s)
    return target


def _asset() -> Any:
    from apprise import AppriseAsset

    return AppriseAsset(app_id="Miron", app_desc="Miron", app_url="", secure_logging=True)


def _try(target: NotifyBase, message: Message) -> Outcome:
    from apprise import Apprise, NotifyFormat

    sender = Apprise(asset=_asset())
    sender.add(target)
    lines = [message.text, invitation_to_answer(message.locale, message.link) if message.link else ""]
    heard: list[str] = []
    token = _HEARD.set(heard)
    try:
        _listen()
        took = sender.notify(
            "\n\n".join(filter(None, lines)), title=title(message.locale), body_format=NotifyFormat.TEXT
        )
    except Exception:
        return Outcome.UNCLEAR
    finally:
        _HEARD.reset(token)
    return Outcome.SENT if took else _judged("\n".join(heard))


def _judged(log: str) -> Outcome:
    """What Apprise's log tells about a failure; the unknown is unclear, so that nothing is sent twice."""
    if status := _STATUS.search(log):
        code = int(status[1])
        if code in _UNCLEAR:
            return Outcome.UNCLEAR
        return Outcome.BUSY if code in _PASSING else Outcome.REFUSED
    return Outcome.NOT_REACHED if _NEVER_REACHED.search(log) else Outcome.UNCLEAR


_HEARD: ContextVar[list[str] | None] = ContextVar("heard", default=None)
"""What Apprise logs while this thread sends."""


class _Ear(logging.Handler):
    """Gives each sender what is logged about its own attempt, and nobody else anything."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = _HEARD.get()
        if heard is not None:
            heard.append(record.getMessage())


_EAR = _Ear(logging.DEBUG)


def _listen() -> None:
    log = logging.getLogger("apprise")
    if _EAR not in log.handlers:
        log.addHandler(_EAR)
        log.setLevel(logging.DEBUG)
        log.propagate = (
            False  # answers of services may hold keys; they are not for other logs or the terminal
        )
