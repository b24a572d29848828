"""When each stop of a day happens, once its order is known; and an order made whole where a solver left it short. Pure.

The way to a visit and the visit itself lie in one stretch of working time, and no way is begun before a break that it
would have to go on after: that is how a day is kept (booking.availability.route), and solvers do not know it.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from booking.dispatch.day_plan import Break, Matrix, Plan, Problem, Span, Stop, Technician, Visit

EVER = 1 << 40
Item = Visit | Break
Wishes = Mapping[UUID, int]  # when a visit or a break begins now, by its id


def timed(person: Technician, order: Sequence[Item], matrix: Matrix, wishes: Wishes) -> tuple[Stop, ...] | None:
    """The stops of a day in this order, each as near as can be to when it was wished, else as early as can be.

    None when the day does not work out in this order.
    """
    ways = _ways(person, order, matrix)
    bounds = _latest(person, order, ways)
    if bounds is None:
        return None
    stops: list[Stop] = []
    free = _begins(person)
    for item, way, bound in zip(order, ways, bounds, strict=True):
        start = _earliest(person.hours, item, free, way)
        if start is None or start > bound:
            return None
        wish = wishes.get(item.id)
        if wish is not None and start < wish <= bound and _earliest(person.hours, item, wish - way, way) == wish:
            start = wish
        stops.append(Stop(item.id, start - way, start, start, start + item.minutes))
        free = start + item.minutes
    return tuple(stops)


def with_breaks(person: Technician, visits: Sequence[Visit], matrix: Matrix, wishes: Wishes) -> tuple[Stop, ...] | None:
    """The stops of a day, each break where it lets the day end soonest. None when there is no such place."""
    order: list[Item] = list(visits)
    for rest in sorted(person.breaks, key=lambda each: (each.opens, each.id)):
        tried = [[*order[:place], rest, *order[place:]] for place in range(len(order) + 1)]
        ends = [(end, place) for place, one in enumerate(tried) if (end := _end(person, one, matrix)) is not None]
        if not ends:
            return None
        order = tried[min(ends)[1]]
    return timed(person, order, matrix, wishes)


def plan_of(
    problem: Problem, orders: Mapping[UUID, Sequence[Visit]], *, solver: str, seed: int, wishes: Wishes
) -> Plan:
    """A plan from who visits whom in which order: made to work out, and filled with what else there is room for.

    Where an order does not work out, visits leave it: the least important first, those that were promised last.
    """
    days = {
        person.id: _workable(person, list(orders.get(person.id, ())), problem.matrix) for person in problem.technicians
    }
    served = {visit.id for day in days.values() for visit in day}
    waiting = sorted((visit for visit in problem.visits if visit.id not in served), key=worth, reverse=True)
    left = [visit for visit in waiting if not _placed(problem, days, visit)]
    left = [visit for visit in left if not (must(visit) and _placed_instead(problem, days, visit, left))]
    served = {visit.id for day in days.values() for visit in day}
    routes = {
        person.id: with_breaks(person, days[person.id], problem.matrix, wishes) or () for person in problem.technicians
    }
    return Plan(
        routes,
        tuple((visit.id, _why(problem, visit)) for visit in problem.visits if visit.id not in served),
        sum(travel(person, days[person.id], problem.matrix) for person in problem.technicians),
        solver,
        seed,
    )


def worth(visit: Visit) -> tuple[bool, bool, int]:
    """What counts more comes out larger: accepted, promised, priority."""
    return visit.locked_to is not None, visit.promised, visit.priority


def must(visit: Visit) -> bool:
    """Whether somebody relies on it."""
    return visit.promised or visit.locked_to is not None


def may(person: Technician, visit: Visit) -> bool:
    """Whether this person may make this visit at all."""
    return visit.skills <= person.skills and visit.locked_to in (None, person.id)


def travel(person: Technician, visits: Iterable[Visit], matrix: Matrix) -> int:
    """Minutes of travel of a day in this order."""
    total, here = 0, person.start
    for visit in visits:
        total += matrix.way(here, visit.place)
        here = visit.place
    return total


def _workable(person: Technician, visits: list[Visit], matrix: Matrix) -> list[Visit]:
    visits = [visit for visit in visits if may(person, visit)]
    while with_breaks(person, visits, matrix, {}) is None and visits:
        without = [[*visits[:n], *visits[n + 1 :]] for n in range(len(visits))]
        cures = [n for n, rest in enumerate(without) if with_breaks(person, rest, matrix, {}) is not None]
        gone = min(cures or range(len(visits)), key=lambda n: worth(visits[n]))
        visits = without[gone]
    return visits


def _placed(problem: Problem, days: dict[UUID, list[Visit]], visit: Visit) -> bool:
    """Put a visit where it costs the least travel; False where nobody has room."""
    best: tuple[int, int, list[Visit]] | None = None
    for number, person in enumerate(problem.technicians):
        if not may(person, visit):
            continue
        day = days[person.id]
        now = travel(person, day, problem.matrix)
        for place in range(len(day) + 1):
            tried = [*day[:place], visit, *day[place:]]
            cost = travel(person, tried, problem.matrix) - now
            if (best is None or cost < best[0]) and with_breaks(person, tried, problem.matrix, {}) is not None:
                best = cost, number, tried
    if best is None:
        return False
    days[problem.technicians[best[1]].id] = best[2]
    return True


def _placed_instead(problem: Problem, days: dict[UUID, list[Visit]], visit: Visit, left: list[Visit]) -> bool:
    """Put a visit that somebody relies on in the place of one that nobody does."""
    for person in problem.technicians:
        if not may(person, visit):
            continue
        day = days[person.id]
        for n, other in enumerate(day):
            tried = [*day[:n], visit, *day[n + 1 :]]
            if not must(other) and with_breaks(person, tried, problem.matrix, {}) is not None:
                days[person.id] = tried
                if not _placed(problem, days, other):
                    left.append(other)
                return True
    return False


def _why(problem: Problem, visit: Visit) -> str:
    return "no_time" if any(may(person, visit) for person in problem.technicians) else "no_skill"


def _begins(person: Technician) -> int:
    return min((span.opens for span in person.hours), default=0)


def _end(person: Technician, order: Sequence[Item], matrix: Matrix) -> int | None:
    ways = _ways(person, order, matrix)
    free = _begins(person)
    for item, way in zip(order, ways, strict=True):
        start = _earliest(person.hours, item, free, way)
        if start is None:
            return None
        free = start + item.minutes
    return free


def _ways(person: Technician, order: Sequence[Item], matrix: Matrix) -> list[int]:
    found, here = [], person.start
    for item in order:
        if isinstance(item, Visit):
            found.append(matrix.way(here, item.place))
            here = item.place
        else:
            found.append(0)
    return found


def _earliest(hours: Sequence[Span], item: Item, free: int, way: int) -> int | None:
    """The first moment at which somebody who is free from `free` on can begin."""
    if isinstance(item, Break):
        start = max(free, item.opens)
        return start if start <= item.closes else None
    best = None
    for span in hours:
        reached = max(free, span.opens) + way
        if best is not None and reached >= best:
            continue
        for window in item.windows:
            start = max(reached, window.opens)
            if start <= window.closes and start + item.minutes <= span.closes and (best is None or start < best):
                best = start
    return best


def _latest(person: Technician, order: Sequence[Item], ways: Sequence[int]) -> list[int] | None:
    """The last moment at which each stop can begin, backward."""
    found: list[int] = []
    bound = EVER
    for item, way in zip(reversed(order), reversed(ways), strict=True):
        if isinstance(item, Break):
            start: int | None = min(item.closes, bound - item.minutes)
        else:
            start = _last(person.hours, item, bound, way)
        if start is None:
            return None
        found.append(start)
        bound = start - way
    return found[::-1]


def _last(hours: Sequence[Span], visit: Visit, bound: int, way: int) -> int | None:
    starts = [
        start
        for span in hours
        for window in visit.windows
        if (start := min(window.closes, span.closes - visit.minutes, bound - visit.minutes))
        >= max(window.opens, span.opens + way)
    ]
    return max(starts, default=None)
