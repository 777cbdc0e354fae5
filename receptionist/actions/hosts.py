"""Services about hosts: finding them, telling them who is here, their answers and deputies."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from datetime import datetime
from datetime import time as time_of_day
from typing import Any

from receptionist.actions.base import Parameters, Refusal, ServiceAction
from receptionist.actions.desk import FRONT_DESK_CHANNEL, Desk
from receptionist.directory import DirectoryError, Host, Reply
from receptionist.directory.names import folded
from receptionist.notify import REASONS, Message, SendState, compose
from receptionist.notify.outbox import Draft

_POLL_S = 0.25
_OPEN = (SendState.QUEUED, SendState.SENDING)


class FindHosts(ServiceAction):
    """The hosts that a name may mean."""

    service = "find_hosts"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        search = desk.directory.find_hosts(given.needed("name"))
        return {"hosts": [match.host.name for match in search.matches], "sure": search.sure}


class NotifyHost(ServiceAction):
    """Tells a host who is here and waits for the answer."""

    service = "notify_host"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        host = _host(desk, given)
        reason = given.text("reason") or "arrived"
        if reason not in REASONS:
            raise Refusal("bad_parameters", f"notify_host: reason is one of {', '.join(REASONS)}")
        deadline = time.monotonic() + desk.answer_within_s
        message, new = _post(desk, given, host, reason)
        message = _send(desk, message, deadline)
        reply = message.answer
        if reply is None and host.reachable is not None:
            reply = host.reachable
            with contextlib.suppress(DirectoryError):
                desk.outbox.answer(message.id, reply)
        while reply is None and time.monotonic() < deadline:
            desk.pause(_POLL_S)
            with contextlib.suppress(DirectoryError):
                reply = desk.outbox.message(message.id).answer
        return {
            "reply": (reply or Reply.NO_ANSWER).value,
            "unsure": message.state is not SendState.SENT,
            "repeated": not new,
        }


class HostReply(ServiceAction):
    """What a host last answered about a visitor."""

    service = "host_reply"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        message = desk.outbox.latest_to(_host(desk, given).name, given.text("visitor"))
        answer = message.answer if message else None
        return {"reply": (answer or Reply.NO_ANSWER).value}


class DeputyOf(ServiceAction):
    """Who stands in for a host."""

    service = "deputy_of"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        host = _host(desk, given)
        if host.deputy is None:
            raise Refusal("not_found", f"{host.name} has no deputy")
        return {"deputy": host.deputy}


class LeaveMessage(ServiceAction):
    """Leaves a host the message that somebody was here."""

    service = "leave_message"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        reason = given.text("reason") or "message"
        if reason not in ("message", "delivery"):
            raise Refusal("bad_parameters", "leave_message: reason is message or delivery")
        message, _ = _post(desk, given, _host(desk, given), reason)
        return {"unsure": _send(desk, message).state is not SendState.SENT}


class CallHuman(ServiceAction):
    """Tells the front desk that a visitor needs a person."""

    service = "call_human"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        visitor, company, text = given.text("visitor"), given.text("company"), given.text("text")
        draft = Draft(
            subject=f"human/{given.session}/{folded(visitor or '')}/{text or ''}",
            reason="human",
            recipient=desk.front_desk,
            text=compose("human", desk.locale, visitor=visitor, company=company, text=text),
            channel=FRONT_DESK_CHANNEL,
            visitor=visitor,
            company=company,
        )
        message, _ = desk.outbox.post(draft, counts_for=desk.counts_for)
        return {"unsure": _send(desk, message).state is not SendState.SENT}


def _host(desk: Desk, given: Parameters) -> Host:
    name = given.needed("host")
    host = desk.directory.host(name)
    if host is None:
        raise Refusal("not_found", f"no host, or more than one, is called {name!r}")
    return host


def _post(desk: Desk, given: Parameters, host: Host, reason: str) -> tuple[Message, bool]:
    visitor, company, text = given.text("visitor"), given.text("company"), given.text("text")
    draft = Draft(
        subject=_subject(desk, given, host, reason),
        reason=reason,
        recipient=host.name,
        address=host.email or host.phone,
        text=compose(reason, desk.locale, visitor=visitor, company=company, text=text),
        channel=host.channel or desk.channel,
        visitor=visitor,
        company=company,
    )
    return desk.outbox.post(draft, counts_for=desk.counts_for)


def _subject(desk: Desk, given: Parameters, host: Host, reason: str) -> str:
    """Names a visit and reason the same on every kiosk and after a restart.

    A listed visit is named by its number; another by who came. Someone who gave no name at all is known
    only within the session. A visit begins anew when the visitor has checked out.
    """
    visitor, company = given.text("visitor"), given.text("company")
    today = desk.directory.today()
    if visitor:
        search = desk.directory.find_visits(name=visitor, company=company, host=host.name)
        listed = len(search.visits) == 1 and search.exact
        who = f"visit-{search.visits[0].id}" if listed else folded(visitor)
        left = desk.directory.stays_ended(visitor, datetime.combine(today, time_of_day()))
    else:
        who, left = f"session-{given.session}/{folded(company or '')}", 0
    return f"{reason}/{today}/host-{host.id}/{who}/{left}"


def _send(desk: Desk, message: Message, deadline: float | None = None) -> Message:
    """Send a message, trying again until the deadline (`time.monotonic`).

    Once the message is written down, trouble with the database is no reason to say that nothing was sent.

    Raises:
        Refusal: It was not sent.
    """
    while True:
        try:
            desk.outbox.recover()
            message = desk.outbox.deliver(message.id)
        except DirectoryError:
            return message
        if message.state not in _OPEN or deadline is None or time.monotonic() >= deadline:
            break
        desk.pause(_POLL_S)
    if message.state in (SendState.FAILED, SendState.QUEUED):
        raise Refusal("not_sent", message.detail or "the message could not be sent")
    return message
