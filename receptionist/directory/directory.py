"""Questions to and changes of the directory: hosts, visits, who is in, consent.

Every function is one short transaction, takes and returns plain values, and raises `DirectoryError` when
the database fails. Whatever visitors said (names, quotation marks, SQL, markup) is data: it is bound as a
parameter, never part of a statement.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import chain, count

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from receptionist.directory.models import (
    CompanyRow,
    HostRow,
    MetaRow,
    StayRow,
    VisitRow,
)
from receptionist.directory.names import clean, folded
from receptionist.directory.records import (
    Host,
    HostSearch,
    Reply,
    Source,
    Stay,
    Visit,
    VisitSearch,
    VisitState,
)
from receptionist.directory.search import search_hosts, search_stays, search_visits
from receptionist.directory.store import Database
from receptionist.directory.visitors import VisitorBook

_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

Clock = Callable[[], datetime]
"""Gives the kiosk's local time, without a zone."""


class Directory(VisitorBook):
    """The hosts, today's visits and the people in the building.

    Attributes:
        database: Where it all lies.
        now: The clock; "today" is its date.
    """

    def __init__(self, database: Database, now: Clock = datetime.now) -> None:
        self.database = database
        self.now = now
        self._demo_day: date | None = None
        with database.read() as session:
            demo_day = session.scalar(select(MetaRow.value).where(MetaRow.key == "demo_day"))
        if demo_day is not None:
            self._demo_day = date.fromisoformat(demo_day)
            self._keep_demo_today()

    def today(self) -> date:
        """The date at the kiosk."""
        return self.now().date()

    def is_demo(self) -> bool:
        """Whether this is the seeded demo directory, whose visits are always today."""
        return self._demo_day is not None

    def hosts(self) -> tuple[Host, ...]:
        """All hosts by name."""
        with self.database.read() as session:
            rows = session.scalars(select(HostRow).order_by(HostRow.name, HostRow.id)).all()
            return tuple(_host(row) for row in rows)

    def find_hosts(self, name: str) -> HostSearch:
        """The hosts that `name`, or a part of a name, may mean: at most three unless the name is exact.

        Equal names come before parts of names, these before similar ones. A single equal name or part is
        sure; a similar one is sure only when it is close (88 of 100) and well ahead of the next (8).
        """
        return search_hosts(name, self.hosts())

    def host(self, name: str) -> Host | None:
        """The host of exactly this name, else the one who is meant by it for sure, or None."""
        with self.database.read() as session:
            row = session.scalar(select(HostRow).where(HostRow.name == name))
            if row is not None:
                return _host(row)
        search = self.find_hosts(name)
        return search.matches[0].host if search.sure else None

    def add_host(
        self,
        name: str,
        *,
        aliases: Iterable[str] = (),
        email: str | None = None,
        phone: str | None = None,
        channel: str | None = None,
        team: str | None = None,
        reachable: Reply | None = None,
        locale: str | None = None,
    ) -> Host:
        """Add a host.

        Hosts who share a name are told apart by their team, else by a number: "Ada Byron (Sales)"; the
        shared name stays as an alias of both.
        """
        with self.database.write() as session:
            told_apart = HostRow.name.startswith(f"{clean(name)} (", autoescape=True)
            others = session.scalars(
                select(HostRow).where(or_(HostRow.name == clean(name), told_apart)).order_by(HostRow.id)
            ).all()
            also = [clean(alias) for alias in aliases]
            unique = clean(name)
            if others:
                also.append(unique)
                taken = {row.name for row in others}
                for row in others:
                    if row.name == unique:
                        row.aliases = [*(row.aliases or ()), unique]
                        row.name = _apart(unique, row.team, taken)
                        taken.add(row.name)
                unique = _apart(unique, team, taken)
            session.flush()
            row = HostRow(
                name=unique,
                aliases=also,
                email=email,
                phone=phone,
                channel=channel,
                team=team,
                reachable=reachable,
                locale=locale,
            )
            session.add(row)
            session.flush()
            return _host(row)

    def set_deputy(self, host_id: int, deputy_id: int) -> None:
        """Name the person to ask instead of a host."""
        with self.database.write() as session:
            session.execute(update(HostRow).where(HostRow.id == host_id).values(deputy_id=deputy_id))

    def visits(self, day: date | None = None) -> tuple[Visit, ...]:
        """All visits of a day (None: today) by planned time, whatever their state."""
        self._keep_demo_today()
        with self.database.read() as session:
            return _visits_of(session, day or self.today())

    def find_visits(
        self,
        day: date | None = None,
        *,
        name: str | None = None,
        first: str | None = None,
        last: str | None = None,
        company: str | None = None,
        host: str | None = None,
    ) -> VisitSearch:
        """Visits of a day (None: today) that meet everything asked for and are not cancelled.

        Visitors who have come already are found by their name only: they may have been sent back to the
        desk, but nobody else is looking for their visit.

        Args:
            name: Whole name of the visitor, or any part of it.
            first: Given name of the visitor.
            last: Family name of the visitor.
            company: The visitor's company.
            host: Whom they visit.

        Returns:
            The visits with the best likeness only: if names are equal, none that are merely similar. A visit
            without a visitor name is found through its company, or through its host if it names no company,
            after any that names the visitor. Walk-ins of today are not among them: nobody expected those.
        """
        return search_visits(
            self.visits(day),
            self.hosts(),
            name=name,
            first=first,
            last=last,
            company=company,
            host=host,
        )

    def visit_by_code(self, code: str, day: date | None = None) -> Visit | None:
        """The visit of a day (None: today) with this invitation code; only its letters and digits matter."""
        wanted = _letters(code)
        for visit in self.visits(day):
            cancelled = visit.state is VisitState.CANCELLED
            if wanted and visit.code and not cancelled and _letters(visit.code) == wanted:
                return visit
        return None

    def issue_code(self, visit_id: int) -> str:
        """The invitation code of a visit; one that no other visit of the day has is made if it has none.

        Raises:
            KeyError: There is no such visit.
        """
        with self.database.write() as session:
            row = session.get(VisitRow, visit_id)
            if row is None:
                raise KeyError(visit_id)
            if row.code is None:
                taken = set(session.scalars(select(VisitRow.code).where(VisitRow.day == row.day)))
                row.code = next(code for code in _codes() if code not in taken)
            return row.code

    def add_visit(
        self,
        host: str,
        day: date,
        *,
        visitor: str | None = None,
        company: str | None = None,
        at: time | None = None,
        until: time | None = None,
        code: str | None = None,
        source: Source = Source.GIVEN,
    ) -> Visit:
        """Add a visit; a host of exactly this name is used, or created with nothing but the name."""
        with self.database.write() as session:
            row = VisitRow(
                visitor=clean(visitor) if visitor else None,
                company=_company(session, company),
                host=_host_row(session, host),
                day=day,
                at=at,
                until=until,
                code=code,
                state=VisitState.EXPECTED,
                source=source,
            )
            session.add(row)
            session.flush()
            return _visit(row)

    def check_in(
        self, visitor: str, host: str | None = None, company: str | None = None
    ) -> tuple[Stay, bool]:
        """Write down that a visitor has arrived.

        Their visit of today, if there is exactly one, becomes `ARRIVED`; without one, and with a known host,
        a walk-in visit is added. Checking in again while inside changes nothing.

        Returns:
            The stay, and whether the visitor was expected.
        """
        search = self.find_visits(name=visitor, host=host, company=company)
        visit = search.visits[0] if search.exact and len(search.visits) == 1 else None
        known = self.host(host) if host else None
        with self.database.write() as session:
            for row in _inside(session):
                same_host = known is None or row.host in (None, known.name)
                if same_host and folded(row.visitor) == folded(visitor):
                    return _stay(row), visit is not None
            now = self.now()
            if visit is not None:
                session.execute(
                    update(VisitRow).where(VisitRow.id == visit.id).values(state=VisitState.ARRIVED)
                )
            elif known is not None:
                walk_in = VisitRow(
                    visitor=clean(visitor),
                    company=_company(session, company),
                    host_id=known.id,
                    day=now.date(),
                    at=now.time().replace(second=0, microsecond=0),
                    state=VisitState.ARRIVED,
                    source=Source.WALK_IN,
                )
                session.add(walk_in)
                session.flush()
            stay = StayRow(
                visit_id=visit.id if visit else walk_in.id if known else None,
                visitor=clean(visitor),
                company=visit.company if visit else clean(company) if company else None,
                host=visit.host if visit else known.name if known else None,
                arrived_at=now,
            )
            session.add(stay)
            return _stay(stay), visit is not None

    def check_out(self, visitor: str, company: str | None = None) -> Stay | None:
        """Write down that a visitor leaves.

        Returns:
            The stay that ended, or None if nobody inside, or more than one person, is meant by the name.
        """
        with self.database.write() as session:
            inside = _inside(session)
            meant = search_stays([_stay(row) for row in inside], visitor, company)
            if len(meant) != 1:
                return None
            row = inside[meant[0]]
            row.left_at = self.now()
            if row.visit_id is not None:
                ended = update(VisitRow).where(VisitRow.id == row.visit_id)
                session.execute(ended.values(state=VisitState.LEFT))
            return _stay(row)

    def who_is_in(self) -> tuple[Stay, ...]:
        """Everyone who checked in and not out, in the order of arrival."""
        with self.database.read() as session:
            return tuple(_stay(row) for row in _inside(session))

    def stays_ended(self, visitor: str, since: datetime) -> int:
        """How often a visitor of this name has left since a moment."""
        with self.database.read() as session:
            rows = session.scalars(select(StayRow.visitor).where(StayRow.left_at >= since))
            return sum(folded(name) == folded(visitor) for name in rows)

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of people (hosts with their aliases, today's visitors) and of companies, sorted."""
        people = {name for host in self.hosts() for name in (host.name, *host.aliases)}
        visits = self.visits()
        people |= {visit.visitor for visit in visits if visit.visitor}
        with self.database.read() as session:
            companies = set(session.scalars(select(CompanyRow.name)))
        return tuple(sorted(people)), tuple(sorted(companies))

    def start_demo(self) -> None:
        """Mark the directory as the demo one: from now on its demo visits move along with the calendar."""
        with self.database.write() as session:
            session.merge(MetaRow(key="demo_day", value=self.today().isoformat()))
        self._demo_day = self.today()

    def _keep_demo_today(self) -> None:
        today = self.today()
        if self._demo_day is None or self._demo_day == today:
            return
        with self.database.write() as session:
            mark = session.get(MetaRow, "demo_day")
            if mark is not None and mark.value != today.isoformat():
                mark.value = today.isoformat()
                of_demo = VisitRow.source == Source.DEMO
                demo_visits = select(VisitRow.id).where(of_demo)
                session.execute(
                    update(StayRow)
                    .where(or_(StayRow.visit_id.in_(demo_visits), StayRow.visit_id.is_(None)))
                    .where(StayRow.left_at.is_(None))
                    .values(left_at=self.now())
                )
                session.execute(update(VisitRow).where(of_demo).values(day=today, state=VisitState.EXPECTED))
        self._demo_day = today


def _apart(name: str, team: str | None, taken: set[str]) -> str:
    """A name with its team, else with the first free number, that nobody has yet."""
    by_team = [f"{name} ({team})"] if team else []
    numbered = (f"{name} ({number})" for number in count(1))
    return next(candidate for candidate in chain(by_team, numbered) if candidate not in taken)


def _letters(code: str) -> str:
    return "".join(char for char in code.casefold() if char.isalnum())


def _codes() -> Iterator[str]:
    """Codes nobody can guess or misread: six characters that do not look alike, no word."""
    while True:
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(6))
        if not code.isalpha() and sum(char.isalpha() for char in code) > 1:
            yield code


def _visits_of(session: Session, day: date) -> tuple[Visit, ...]:
    rows = session.scalars(select(VisitRow).where(VisitRow.day == day)).all()
    visits = [_visit(row) for row in rows]
    return tuple(sorted(visits, key=lambda visit: (visit.at or time.max, visit.id)))


def _inside(session: Session) -> Sequence[StayRow]:
    query = select(StayRow).where(StayRow.left_at.is_(None)).order_by(StayRow.arrived_at, StayRow.id)
    return session.scalars(query).all()


def _company(session: Session, name: str | None) -> CompanyRow | None:
    if not name or not clean(name):
        return None
    row = session.scalar(select(CompanyRow).where(CompanyRow.name == clean(name)))
    return row or CompanyRow(name=clean(name))


def _host_row(session: Session, name: str) -> HostRow:
    row = session.scalar(select(HostRow).where(HostRow.name == clean(name)).order_by(HostRow.id).limit(1))
    return row or HostRow(name=clean(name))


def _host(row: HostRow) -> Host:
    return Host(
        id=row.id,
        name=row.name,
        aliases=tuple(row.aliases or ()),
        email=row.email,
        phone=row.phone,
        channel=row.channel,
        team=row.team,
        deputy=row.deputy.name if row.deputy else None,
        reachable=Reply(row.reachable) if row.reachable else None,
        locale=row.locale,
    )


def _visit(row: VisitRow) -> Visit:
    return Visit(
        id=row.id,
        visitor=row.visitor,
        company=row.company.name if row.company else None,
        host=row.host.name,
        day=row.day,
        at=row.at,
        until=row.until,
        code=row.code,
        state=VisitState(row.state),
        walk_in=row.source == Source.WALK_IN,
    )


def _stay(row: StayRow) -> Stay:
    return Stay(row.visitor, row.company, row.host, row.arrived_at, row.left_at)
