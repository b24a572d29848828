"""Two other solvers behind the port of the day plan, to measure ours beside: installed with the group `bench` only.

Neither knows all of a day: PyVRP has no breaks, and for OR-Tools a way may go on after one. Their orders are timed,
mended and filled up by the very function that does so for ours (`day_times.plan_of`).
"""

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from booking.dispatch.day_plan import Plan, PlannerFailed, Problem, Visit
from booking.dispatch.day_times import may, must, plan_of

FAR: Final = 10_000  # minutes: nobody goes where they may not
PRIZE: Final = 1_000  # minutes of travel that a visit is worth; larger, and PyVRP finds no penalty above it
RELIED_ON: Final = 20 * PRIZE
Orders = Mapping[UUID, Sequence[Visit]]


def present(module: str) -> bool:
    """Whether this interpreter has the library."""
    return importlib.util.find_spec(module) is not None


@dataclass(frozen=True)
class PyVrpPlanner:
    """PyVRP: a matrix for each technician says where they may go; one prize for each visit."""

    seed: int = 1

    def plan_day(self, problem: Problem, *, seconds: float) -> Plan:
        """As DayPlanner says. Raises PlannerFailed when it found nothing that works."""
        pyvrp, stop = importlib.import_module("pyvrp"), importlib.import_module("pyvrp.stop")
        data = _pyvrp_data(problem, pyvrp)
        found = pyvrp.solve(data, stop.MaxRuntime(seconds), seed=self.seed, collect_stats=False, display=False)
        orders: dict[UUID, list[Visit]] = {}
        for route in found.best.routes():
            who = problem.technicians[route.vehicle_type()].id
            orders[who] = [problem.visits[each.idx] for each in route if each.is_client()]
        return plan_of(problem, orders, solver="pyvrp", seed=self.seed, wishes={})


@dataclass(frozen=True)
class OrToolsPlanner:
    """OR-Tools' routing: one dimension of time, a list of allowed vehicles for each visit, guided local search."""

    def plan_day(self, problem: Problem, *, seconds: float) -> Plan:
        """As DayPlanner says. Raises PlannerFailed when it found nothing that works."""
        solver = importlib.import_module("ortools.constraint_solver.pywrapcp")
        words = importlib.import_module("ortools.constraint_solver.routing_enums_pb2")
        people, end = len(problem.technicians), len(problem.matrix.minutes)
        starts = [person.start for person in problem.technicians]
        manager = solver.RoutingIndexManager(end + 1, people, starts, [end] * people)
        routing = solver.RoutingModel(manager)
        _ortools_time(problem, manager, routing)
        asked = solver.DefaultRoutingSearchParameters()
        asked.first_solution_strategy = words.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        asked.local_search_metaheuristic = words.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        asked.time_limit.FromMilliseconds(int(seconds * 1000))
        found = routing.SolveWithParameters(asked)
        if found is None:
            raise PlannerFailed("crashed")
        visits = {visit.place: visit for visit in problem.visits}
        orders: dict[UUID, list[Visit]] = {}
        for number, person in enumerate(problem.technicians):
            index, order = routing.Start(number), []
            while not routing.IsEnd(index):
                place = manager.IndexToNode(index)
                order += [visits[place]] if place in visits else []
                index = found.Value(routing.NextVar(index))
            orders[person.id] = order
        return plan_of(problem, orders, solver="ortools", seed=0, wishes={})


def _pyvrp_data(problem: Problem, pyvrp: Any) -> Any:
    numpy = importlib.import_module("numpy")
    rows = numpy.zeros((len(problem.matrix.minutes) + 1,) * 2, dtype=numpy.int64)
    rows[:-1, :-1] = numpy.array(problem.matrix.minutes)
    numpy.fill_diagonal(rows, 0)
    end, matrices, vehicles = len(rows) - 1, [], []
    for number, person in enumerate(problem.technicians):
        mine = rows.copy()
        barred = [visit.place for visit in problem.visits if not may(person, visit)]
        mine[:, barred] = FAR
        mine[barred, barred] = 0
        matrices.append(mine)
        vehicles.append(
            pyvrp.VehicleType(
                1, start_depot=number, end_depot=len(problem.technicians), tw_early=person.hours[0].opens,
                tw_late=person.hours[-1].closes, profile=number,
            )
        )  # fmt: skip
    clients = [
        pyvrp.Client(
            location=visit.place, service_duration=visit.minutes, tw_early=visit.windows[0].opens,
            tw_late=visit.windows[0].closes, required=False, prize=RELIED_ON if must(visit) else PRIZE,
        )
        for visit in problem.visits
    ]  # fmt: skip
    depots = [pyvrp.Depot(location=person.start) for person in problem.technicians] + [pyvrp.Depot(location=end)]
    places = [pyvrp.Location(x=0, y=0) for _ in rows]
    return pyvrp.ProblemData(places, clients, depots, vehicles, matrices, matrices)


def _ortools_time(problem: Problem, manager: Any, routing: Any) -> None:
    end = len(problem.matrix.minutes)
    ways = [[*row, 0] for row in problem.matrix.minutes] + [[0] * (end + 1)]
    minutes = [0] * (end + 1)
    for visit in problem.visits:
        minutes[visit.place] = visit.minutes
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(ways))
    taken = [[way + minutes[place] for way in row] for place, row in enumerate(ways)]
    last = max(span.closes for person in problem.technicians for span in person.hours)
    routing.AddDimension(routing.RegisterTransitMatrix(taken), last, last, False, "time")
    clock = routing.GetDimensionOrDie("time")
    for number, person in enumerate(problem.technicians):
        opens, closes = person.hours[0].opens, person.hours[-1].closes
        clock.CumulVar(routing.Start(number)).SetRange(opens, closes)
        clock.CumulVar(routing.End(number)).SetRange(opens, closes)
        rests = [
            routing.solver().FixedDurationIntervalVar(each.opens, each.closes, each.minutes, False, "break")
            for each in person.breaks
        ]
        by_index = [minutes[manager.IndexToNode(index)] for index in range(routing.Size())]
        clock.SetBreakIntervalsOfVehicle(rests, number, by_index)
    for visit in problem.visits:
        index = manager.NodeToIndex(visit.place)
        clock.CumulVar(index).SetRange(visit.windows[0].opens, visit.windows[0].closes)
        allowed = [number for number, person in enumerate(problem.technicians) if may(person, visit)]
        routing.VehicleVar(index).SetValues([-1, *allowed])
        routing.AddDisjunction([index], RELIED_ON if must(visit) else PRIZE)
