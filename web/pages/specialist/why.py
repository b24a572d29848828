"""Why a specialist is asked, or not: what decides, how they stand by it now, and each offer with its reasons (D5)."""

from litestar import Response, get

from booking.dispatch import queries as dispatch
from booking.dispatch import scoring, versions
from booking.dispatch import why as explained
from booking.dispatch.queries import OfferView
from marketplace.catalogue import queries as catalogue
from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.specialists import queries as specialists
from marketplace.specialists.queries import local_day
from payments.wallets import queries as wallets
from web.home import home
from web.identity import Req
from web.pages.specialist import words
from web.pages.specialist.names import read_names
from web.respond import page


@get("/work/why", opt={"policy": "specialist.read"}, sync_to_thread=True)
def why(request: Req) -> Response[str]:
    """Standing, skills, areas, hours and debt as the rules see them, and the reasons of the offers so far."""
    here, now, me = home(), clock.now(), request.user.person_id
    with transaction() as session:
        known = specialists.specialist(session, me, on=local_day(now, here.time_zone))
        facts = {
            "known": known,
            "history": specialists.history(session, me),
            "skills": catalogue.skills(session),
            "debt": wallets.debt(session, owner=me, owner_kind="specialist", currency=here.currency),
            "offers": [*dispatch.offers_of(session, me, now=now), *dispatch.past_offers(session, me, now=now)],
            "names": read_names(session, here.id, now=now),
            "counts": _counts(versions.in_force(session, here.id).policy.weights),
        }
    return page(
        request, "pages/specialist/why.html", status_code=200, headers=None, reasons=_reasons, over=words.over,
        standing=words.STANDING, standing_reasons=words.STANDING_REASONS, **facts,
    )  # fmt: skip


@get("/work/why/jobs", opt={"policy": "specialist.read"}, sync_to_thread=True)
def why_not(request: Req) -> Response[str]:
    """Each job of one's trade and areas of the last two weeks, and what was decided about oneself; own figures."""
    now, me = clock.now(), request.user.person_id
    with transaction() as session:
        jobs = explained.why_not(session, me, now=now)
        numbers = explained.numbers(session, me, now=now)
        names = read_names(session, home().id, now=now)
    return page(
        request, "pages/specialist/why_not.html", jobs=jobs, numbers=numbers, names=names, behind=words.BEHIND,
        excluded=words.EXCLUDED,
    )  # fmt: skip


def _counts(weights: scoring.Weights) -> dict[str, int]:
    """What each part of the score is worth at most, in whole minutes, and from how many ratings on they count."""
    return {
        "fairness": round(weights.fairness_hundredths / 100),
        "quality": round(weights.quality_hundredths / 100),
        "planned": round(weights.planned_hundredths / 100),
        "same_person": round(weights.same_person_hundredths / 100),
        "waiting_percent": weights.waiting_permille // 10,
        "ratings": scoring.RATED_ENOUGH,
    }


def _reasons(offer: OfferView) -> list[tuple[str, int]]:
    return [said for each in offer.reasons if (said := words.term(each.term, each.hundredths))[0]]


routes = [why, why_not]
