"""Visits from calendars (iCalendar, RFC 5545): an event with guests is a visit of each guest.

The host is the organizer; guests are the attendees who are no hosts and have not declined. Rooms are passed
over. Repeating events are laid out over the days asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from receptionist.directory.entries import Read, RowProblem, VisitEntry
from receptionist.directory.names import clean

MAX_BYTES = 50_000_000
"""Longest file that is read."""
MAX_DAYS = 14
"""Longest event, in days, that is laid out day by day; of a longer one only these."""
_TOO_OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
_REPEATING = {"RRULE", "RDATE", "RECURRENCE-ID"}
_COMPANY = re.compile(r"^(?P<name>[^(]+)\((?P<company>[^()]+)\)\s*$")


def read_calendar(
    data: bytes,
    first: date,
    days: int,
    *,
    is_host: Callable[[str, str], bool] = lambda email, name: False,
    zone: tzinfo | None = None,
) -> Read[VisitEntry]:
    """The visits of a calendar file.

    Args:
        data: The whole file, which may hold several calendars.
        first: First day of interest.
        days: How many days from there.
        is_host: Whether an e-mail address and name are those of a known host.
        zone: The kiosk's time zone; None: that of this machine. Times without a zone are taken as they are.
    """
    import icalendar
    import recurring_ical_events

    if len(data) > MAX_BYTES:
        return Read((), (RowProblem(0, f"the file is larger than {MAX_BYTES // 1_000_000} MB"),))
    try:
        calendars = icalendar.Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, RecursionError) as error:
        return Read((), (RowProblem(0, f"this is no iCalendar file: {str(error)[:200] or 'it is broken'}"),))
    if not calendars:
        return Read((), (RowProblem(0, "this is no iCalendar file: there is no VCALENDAR in it"),))
    entries: list[VisitEntry] = []
    problems: list[RowProblem] = []
    without = 0
    begin = datetime.combine(first, time())
    for calendar in calendars:
        _drop_unusable(calendar, problems)
        series = {str(part.get("UID")) for part in calendar.walk("VEVENT") if _REPEATING & set(part)}
        try:
            query = recurring_ical_events.of(calendar, skip_bad_series=True)
            found = query.between(begin, begin + timedelta(days=days))
        except Exception as error:  # the library meets what no standard foresees
            problems.append(RowProblem(0, f"a calendar cannot be laid out: {type(error).__name__}: {error}"))
            continue
        for event in found:
            repeats = str(event.get("UID")) in series
            visits = list(_visits(event, repeats, first, days, is_host, zone))
            entries += visits
            without += not visits
    return Read(tuple(sorted(entries, key=_order)), tuple(problems), without)


def _order(entry: VisitEntry) -> tuple[date, time, str]:
    return entry.day, entry.at or time(), entry.id or ""


def _drop_unusable(calendar: Any, problems: list[RowProblem]) -> None:
    """Take out events that have no usable beginning, or repeat so often that no one could come to them."""
    kept = []
    for part in calendar.subcomponents:
        fault = _fault(part) if part.name == "VEVENT" else None
        if fault is None:
            kept.append(part)
        else:
            what = clean(str(part.get("SUMMARY") or part.get("UID") or "without a name"))[:60]
            problems.append(RowProblem(0, f"the event '{what}' {fault}"))
    calendar.subcomponents = kept


def _fault(event: Any) -> str | None:
    if event.errors:
        name, reason = event.errors[0]
        return f"has a {name} that cannot be read: {str(reason)[:100]}"
    if not isinstance(getattr(event.get("DTSTART"), "dt", None), date):
        return "has no beginning"
    rules = event.get("RRULE") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        often = any(str(part).upper() in _TOO_OFTEN for part in rule.get("FREQ", ()))
        if often or any(len(rule.get(part, ())) > 1 for part in ("BYHOUR", "BYMINUTE", "BYSECOND")):
            return "repeats more often than once a day"
    return None


def _visits(
    event: Any,
    repeats: bool,
    first: date,
    days: int,
    is_host: Callable[[str, str], bool],
    zone: tzinfo | None,
) -> Iterator[VisitEntry]:
    organizer = _people(event, "ORGANIZER")
    guests = [
        person
        for person in _people(event, "ATTENDEE")
        if person.params.get("CUTYPE", "INDIVIDUAL").upper() in ("INDIVIDUAL", "GROUP", "UNKNOWN")
        and person.params.get("PARTSTAT", "").upper() != "DECLINED"
    ]
    hosts = [person for person in (*organizer, *guests) if is_host(person.email, person.name)]
    receiving = next(iter((*hosts, *organizer)), None)
    if receiving is None:
        return
    known = {person.email.casefold() for person in (receiving, *hosts)}
    visitors = [person for person in guests if person.email.casefold() not in known]
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if event.get("DTEND") is not None else start
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    uid = event.get("UID")
    planned = f"/{event['RECURRENCE-ID'].dt}" if repeats and "RECURRENCE-ID" in event else ""
    # Which one of a series is told by when it was planned at first, so that one that is moved stays the same.
    for number, (day, at, until) in enumerate(_days(start, end, zone)):
        if not first <= day < first + timedelta(days=days):
            continue
        for guest in visitors:
            name, company = _who(guest)
            yield VisitEntry(
                0,
                receiving.name,
                day,
                host_email=receiving.email or None,
                visitor=name,
                company=company,
                at=at,
                until=until,
                id=f"ics/{uid}{planned}/{number}/{guest.email.casefold() or guest.name}" if uid else None,
                cancelled=cancelled,
            )


def _days(start: date, end: date, zone: tzinfo | None) -> Iterator[tuple[date, time | None, time | None]]:
    if isinstance(start, datetime):
        begin = _local(start, zone)
        finish = _local(end, zone) if isinstance(end, datetime) else begin
        until = finish.time() if finish.date() == begin.date() and finish > begin else None
        yield begin.date(), begin.time().replace(second=0, microsecond=0), until
        return
    last = end if not isinstance(end, datetime) and end > start else start + timedelta(days=1)
    for offset in range(min((last - start).days, MAX_DAYS)):
        yield start + timedelta(days=offset), None, None


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment


class _Person:
    def __init__(self, address: Any) -> None:
        self.params = {key: str(value) for key, value in address.params.items()}
        text = str(address)
        self.email = text[7:] if text[:7].casefold() == "mailto:" else text if "@" in text else ""
        named = clean(self.params.get("CN", "").strip("\"'"))
        self.name = named if "@" not in named else ""
        self.name = self.name or _from_address(self.email)


def _people(event: Any, name: str) -> list[_Person]:
    found = event.get(name)
    each = found if isinstance(found, list) else [found] if found is not None else []
    return [_Person(address) for address in each if hasattr(address, "params")]


def _from_address(email: str) -> str:
    """`ada.lovelace@example.org` is Ada Lovelace; of other addresses only the part before the @ is known."""
    words = re.split(r"[._]", email.partition("@")[0])
    return clean(" ".join(word.capitalize() for word in words if word))


def _who(guest: _Person) -> tuple[str | None, str | None]:
    """Name and, in brackets after it, company; "Lovelace, Ada" is Ada Lovelace."""
    found = _COMPANY.match(guest.name)
    name, company = (found["name"].strip(), found["company"].strip()) if found else (guest.name, None)
    family, comma, given = name.partition(",")
    if comma and given.strip() and "," not in given:
        name = f"{given.strip()} {family.strip()}"
    return name or None, company
