"""Services about hosts: finding them, telling them who is here, their answers and deputies."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from datetime import time as time_of_day
from typing import Any

from receptionist.actions.base import Parameters, Refusal, ServiceAction
from receptionist.actions.desk import DIRECT_CHANNEL, Desk
from receptionist.directory import DirectoryError, Host, Reply
from receptionist.directory.names import folded
from receptionist.notify import Message, SendState, compose
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
    """Tells a host, or whoever stands in for one, who is here and waits for the answer."""

    service = "notify_host"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        host = _host(desk, given)
        reason = _reason(given, "arrived", ("arrived", "delivery", "message", "human"))
        deadline = time.monotonic() + desk.answer_within_s
        message, new = _post(desk, given, host, reason, "deputy")
        message = _send(desk, message, deadline)
        message = _answered(desk, (message,), (host,), deadline)
        return {
            "reply": (message.answer or Reply.NO_ANSWER).value,
            "words": message.words,
            "unsure": message.state is not SendState.SENT,
            "repeated": not new,
        }


class NotifyTeam(ServiceAction):
    """Tells the colleagues of a host who is here and waits for the first who can come."""

    service = "notify_team"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        absent = _host(desk, given)
        reason = _reason(given, "arrived", ("arrived", "delivery"))
        team = [
            host
            for host in desk.directory.hosts()
            if absent.team and host.team == absent.team and host.name not in (absent.name, absent.deputy)
        ]
        if not team:
            raise Refusal("not_found", f"{absent.name} has no team but for the deputy")
        deadline = time.monotonic() + desk.answer_within_s
        posted = [_post(desk, given, host, reason, "team", absent) for host in team]
        told = _send_all(desk, [message for message, _ in posted], deadline)
        if not told:
            raise Refusal("not_sent", "none of the team could be told")
        message = _answered(desk, list(told.values()), [team[place] for place in told], deadline)
        return {
            "reply": (message.answer or Reply.NO_ANSWER).value,
            "host": message.recipient if message.answer else None,
            "words": message.words,
            "unsure": all(one.state is not SendState.SENT for one in told.values()),
        }


class HostReply(ServiceAction):
    """What a host last answered about a visitor."""

    service = "host_reply"

    def serve(self, desk: Desk, given: Parameters) -> Mapping[str, Any]:
        """See the signature."""
        message = desk.outbox.latest_to(_host(desk, given).name, given.text("visitor"))
        answer = message.answer if message else None
        words = message.words if message else None
        return {"reply": (answer or Reply.NO_ANSWER).value, "words": words}


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
        reason = _reason(given, "message", ("message", "delivery"))
        message, _ = _post(desk, given, _host(desk, given), reason, "deputy")
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
            channel=desk.front_desk_channel,
            visitor=visitor,
            company=company,
            locale=desk.locale,
        )
        message, _ = desk.outbox.post(draft, counts_for=desk.counts_for)
        return {"unsure": _send(desk, message).state is not SendState.SENT}


def _host(desk: Desk, given: Parameters) -> Host:
    name = given.needed("host")
    host = desk.directory.host(name)
    if host is None:
        raise Refusal("not_found", f"no host, or more than one, is called {name!r}")
    return host


def _reason(given: Parameters, default: str, allowed: Sequence[str]) -> str:
    reason = given.text("reason") or default
    if reason not in allowed:
        raise Refusal("bad_parameters", f"{given.service}: reason is one of {', '.join(allowed)}")
    return reason


def _post(
    desk: Desk, given: Parameters, host: Host, reason: str, role: str, absent: Host | None = None
) -> tuple[Message, bool]:
    """Queue the message to a host; `absent` is whom the visitor came for, if that is somebody else."""
    visitor, company, text = given.text("visitor"), given.text("company"), given.text("text")
    sought = absent.name if absent else given.text("instead_of")
    locale = host.locale or desk.locale
    own_address = host.channel is not None and "://" in host.channel
    draft = Draft(
        subject=_subject(desk, given, host, reason),
        reason=reason,
        recipient=host.name,
        address=host.channel if own_address else host.email or host.phone,
        text=compose(reason, locale, visitor=visitor, company=company, text=text, host=sought, role=role),
        channel=DIRECT_CHANNEL if own_address else host.channel or desk.channel,
        visitor=visitor,
        company=company,
        locale=locale,
    )
    return desk.outbox.post(draft, counts_for=desk.counts_for)


def _answered(desk: Desk, messages: Sequence[Message], hosts: Sequence[Host], deadline: float) -> Message:
    """The message that is answered first, preferably by somebody who comes, or the first one at the end."""
    latest = list(messages)
    for place, (message, host) in enumerate(zip(messages, hosts, strict=True)):
        if message.answer is None and host.reachable is not None:
            with contextlib.suppress(DirectoryError):
                desk.outbox.answer(message.id, host.reachable)
            latest[place] = replace(message, answer=host.reachable)
    while True:
        if all(message.answer for message in latest) or any(m.answer is Reply.COMING for m in latest):
            break
        if time.monotonic() >= deadline:
            break
        desk.pause(_POLL_S)
        for place, message in enumerate(latest):
            with contextlib.suppress(DirectoryError):
                latest[place] = message if message.answer else desk.outbox.message(message.id)
    order = (Reply.COMING, Reply.LATER, Reply.REFUSED, Reply.NO_ANSWER, None)
    return min(latest, key=lambda message: order.index(message.answer))


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


def _send_all(desk: Desk, messages: Sequence[Message], deadline: float) -> dict[int, Message]:
    """Send messages side by side, so that one way that hangs does not keep the others waiting.

    Returns:
        Those that went out, or may have, by their place in `messages`.
    """
    told: dict[int, Message] = {}

    def send(place: int, message: Message) -> None:
        with contextlib.suppress(Refusal):
            told[place] = _send(desk, message)

    threads = [
        threading.Thread(target=send, args=pair, name="miron-notify", daemon=True)
        for pair in enumerate(messages)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(1.0, deadline - time.monotonic()))
    return dict(sorted(told.items()))
