"""Which hosts, visits and stays are meant by what a visitor said: pure functions over records.

The best kind of likeness found decides: if a name is equal, nothing that merely resembles it is returned.
"""

from __future__ import annotations

from collections.abc import Sequence

from receptionist.directory.names import Likeness, is_family_name, is_given_name, likeness, similarity
from receptionist.directory.records import Host, HostMatch, HostSearch, Stay, Visit, VisitSearch, VisitState

_SURE_SCORE, _SURE_MARGIN, _POSSIBLE_SCORE, _SHOWN = 88.0, 8.0, 60.0, 3
_COME = (VisitState.ARRIVED, VisitState.LEFT)


def search_hosts(name: str, hosts: Sequence[Host]) -> HostSearch:
    """The hosts that `name`, or a part of a name, may mean; see `Directory.find_hosts`."""
    likes = [_host_likeness(name, host) for host in hosts]
    best = max(likes, default=Likeness.NONE)
    if best in (Likeness.EQUAL, Likeness.PART):
        exact = tuple(HostMatch(hosts[i], 100.0, True) for i in _at(best, likes))
        return HostSearch(exact, margin=100.0 if len(exact) == 1 else 0.0, sure=len(exact) == 1)
    scored = [HostMatch(host, _host_similarity(name, host), False) for host in hosts]
    scored.sort(key=lambda match: (-match.score, match.host.name))
    near = tuple(match for match in scored[:_SHOWN] if match.score >= _POSSIBLE_SCORE)
    if not near:
        return HostSearch((), margin=0.0, sure=False)
    margin = near[0].score - scored[1].score if len(scored) > 1 else 100.0
    return HostSearch(near, margin, sure=near[0].score >= _SURE_SCORE and margin >= _SURE_MARGIN)


def search_visits(
    visits: Sequence[Visit],
    hosts: Sequence[Host],
    *,
    name: str | None,
    first: str | None,
    last: str | None,
    company: str | None,
    host: str | None,
) -> VisitSearch:
    """The visits that meet everything asked for; see `Directory.find_visits`."""
    by_name = {known.name: known for known in hosts}
    likes: list[Likeness] = []
    for visit in visits:
        # Whoever comes from another company, or from none they name, is not the company's unnamed visitor.
        anonymous = bool(company if visit.company else host)
        each = [_visitor_likeness(visit, name, first, last, anonymous=anonymous)]
        if company:
            each.append(likeness(company, visit.company or "", company=True))
        if host:
            known = by_name.get(visit.host)
            each.append(_host_likeness(host, known) if known else likeness(host, visit.host))
        over = visit.state in _COME and not (name or first or last)
        never = visit.walk_in or visit.state is VisitState.CANCELLED
        likes.append(Likeness.NONE if over or never else min(each))
    best = max(likes, default=Likeness.NONE)
    return VisitSearch(tuple(visits[i] for i in _at(best, likes)), exact=best > Likeness.SIMILAR)


def search_stays(stays: Sequence[Stay], visitor: str, company: str | None) -> list[int]:
    """Positions of the stays that `visitor` (of `company`, where both name one) may mean."""
    likes = []
    for stay in stays:
        each = likeness(visitor, stay.visitor, similar_from=_SURE_SCORE)
        if company and stay.company:
            each = min(each, likeness(company, stay.company, company=True))
        likes.append(each)
    return _at(max(likes, default=Likeness.NONE), likes)


def _at(best: Likeness, likes: Sequence[Likeness]) -> list[int]:
    """Positions of the best likeness; none if that is `NONE`."""
    return [i for i, each in enumerate(likes) if each is best and each is not Likeness.NONE]


def _host_likeness(asked: str, host: Host) -> Likeness:
    return max(likeness(asked, name) for name in (host.name, *host.aliases))


def _host_similarity(asked: str, host: Host) -> float:
    return max(similarity(asked, name) for name in (host.name, *host.aliases))


def _visitor_likeness(
    visit: Visit, name: str | None, first: str | None, last: str | None, *, anonymous: bool
) -> Likeness:
    """How a visit meets what is known of the visitor's name; `anonymous` accepts visits that name nobody."""
    asked = [part for part in (name, first, last) if part]
    if not asked:
        return Likeness.EQUAL
    if visit.visitor is None:
        return Likeness.SIMILAR if anonymous else Likeness.NONE
    likes = min(likeness(part, visit.visitor) for part in asked)
    misplaced = (first and not is_given_name(first, visit.visitor)) or (
        last and not is_family_name(last, visit.visitor)
    )
    return min(likes, Likeness.SIMILAR) if misplaced else likes
