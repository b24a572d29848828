"""What a day came to, in the figures by which policies are compared."""

from dataclasses import asdict, dataclass

import numpy as np

from web.simulation.city import PROMISE
from web.simulation.day import Day


@dataclass(frozen=True, slots=True)
class Outcome:
    """One policy's day. Rates of 1, kilometres, seconds to accept, minutes to arrive; income in units an hour."""

    match: float
    km_per_job: float
    accept_median_s: float
    accept_p95_s: float
    arrive_median_min: float
    arrive_p95_min: float
    late: float
    offers_per_job: float
    accepted_but_lost: int
    moved: int
    gini: float
    p10_income: float


def told(day: Day) -> Outcome:
    """Measure a day that is over: jobs that were done, by whom, and how everybody fared."""
    city = day.city
    done = [(job, visit) for job, visit in enumerate(day.visit_of) if visit is not None]
    served = np.array([job for job, visit in done if visit.pays], dtype=int)
    visits = [visit for _, visit in done if visit.pays]
    km = sum(visit.km for _, visit in done) + day.lost_km
    waited = 60 * (day.accepted_at - city.asked_at)[served]
    arrive = np.array([visit.arrive for visit in visits]) - city.asked_at[served]
    hours = (city.end - city.start) / 60
    income = day.earned / 100 / hours
    return Outcome(
        match=len(served) / len(city.asked_at),
        km_per_job=km / max(1, len(served)),
        accept_median_s=float(np.quantile(waited, 0.5)),
        accept_p95_s=float(np.quantile(waited, 0.95)),
        arrive_median_min=float(np.quantile(arrive, 0.5)),
        arrive_p95_min=float(np.quantile(arrive, 0.95)),
        late=float((arrive > PROMISE + 1e-6).mean()),
        offers_per_job=day.offers / max(1, len(served)),
        accepted_but_lost=day.in_vain,
        moved=day.moved,
        gini=_gini(income),
        p10_income=float(np.quantile(income, 0.1)),
    )


def plain(outcome: Outcome) -> dict[str, float]:
    """For JSON, rounded as far as it means anything."""
    return {name: round(value, 4) for name, value in asdict(outcome).items()}


def _gini(income: np.ndarray) -> float:
    ordered = np.sort(income)
    many = len(ordered)
    places = 2 * np.arange(1, many + 1) - many - 1
    return float(places @ ordered / (many * ordered.sum()))
