"""What the compound's policy (promises.md A.1) promises of the management that looks on."""

from uuid import UUID, uuid4

from litestar import Litestar
from litestar.testing import TestClient

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.organizations import sites, teams
from marketplace.people import actions as people
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries
from tests.promises.story import Story, Watched
from tests.promises.test_t_tickets import Compounds
from tests.web.conftest import Town
from tests.web.pages.walking import hidden_of, offered, words_of

WORDS = "Water under the sink"


def reported(story: Story, resident: PersonId) -> tuple[OrganizationId, UUID]:
    """A leak at home; gives the compound with it."""
    browser = story.browser(resident)
    page = browser.get("/tickets/new").text
    form = hidden_of(page) | {"service": offered(page, "service")[0], "words": WORDS, "urgency": "soon"}
    answer = browser.post("/tickets", form)
    assert answer.status_code == 303, words_of(answer.text)
    with transaction() as session:
        (home,) = sites.homes(session, resident, at=clock.now())
    return home.compound, UUID(answer.headers["location"].rpartition("/")[2])


def a_manager_of(story: Story, person: PersonId, compound: OrganizationId) -> Watched:
    with transaction() as session:
        people.grant_role(
            session, person=person, role="manager", by=story.town.cast.named("admin").id, now=clock.now(),
            organization=compound,
        )  # fmt: skip
        privacy.accept(session, person=person, language="en", now=clock.now())
    return story.browser(person)


def looks_at(resident: PersonId) -> list[tuple[PersonId, str, UUID | None]]:
    """Who looked at their requests, newest first."""
    with transaction() as session:
        found = queries.disclosures_of(session, resident)
    return [(each.reader_id, each.role, each.job_id) for each in found if each.field == "report"]


def test_t19_management_finds_its_own_compounds_tickets_alone_and_each_view_is_written_down(
    story: Story, town: Town
) -> None:
    rahima, neighbour, me = story.rahima.id, town.cast.customers[2].id, town.cast.customers[5].id
    (lake_view, leak), (green_park, other) = reported(story, rahima), reported(story, neighbour)
    manager = a_manager_of(story, me, lake_view)
    board = manager.get(f"/compounds/{lake_view}/tickets")
    assert board.status_code == 200
    assert str(leak) in board.text
    assert str(other) not in board.text
    assert looks_at(rahima) == [(me, "manager", leak)]
    assert WORDS not in board.text
    assert WORDS in manager.get(f"/compounds/{lake_view}/tickets/{leak}").text
    assert manager.get(f"/compounds/{lake_view}/tickets").status_code == 200
    assert looks_at(rahima) == [(me, "manager", leak)] * 3
    for path in (f"{green_park}/tickets", f"{green_park}/tickets/{other}", f"{green_park}/tickets/{leak}",
                 f"{lake_view}/tickets/{other}"):  # fmt: skip
        assert manager.get(f"/compounds/{path}").status_code == 404
    assert looks_at(neighbour) == []
    assert len(looks_at(rahima)) == 3
    assert "the management saw it" in words_of(story.browser(rahima).get(f"/tickets/{leak}").text)
    with transaction() as session:
        people.end_role(
            session, person=me, role="manager", by=town.cast.named("admin").id, now=clock.now(), organization=lake_view
        )
    assert story.browser(me).get(f"/compounds/{lake_view}/tickets").status_code in (303, 403, 404)


def test_t19_management_acts_on_its_own_compounds_tickets_alone(town: Town, client: TestClient[Litestar]) -> None:
    compounds = Compounds(town, client)
    leak, other, karim = compounds.reported(compounds.rahima), compounds.reported(compounds.neighbour), compounds.karim
    lake_view = compounds.rahima.get("/me/homes").json()[0]["compound"]
    green_park = compounds.neighbour.get("/me/homes").json()[0]["compound"]
    me, admin, now = town.cast.customers[5], town.cast.named("admin").id, clock.now()
    with transaction() as session:
        people.grant_role(session, person=me.id, role="manager", by=admin, now=now, organization=lake_view)
        privacy.accept(session, person=me.id, language="en", now=now)
    manager, mine = compounds.of(me), f"/compounds/{lake_view}/tickets/{leak}"
    give = {"to": str(town.cast.named("karim").id)}
    for who, path in ((manager, f"/compounds/{green_park}/tickets/{other}"),
                      (manager, f"/compounds/{lake_view}/tickets/{other}"),
                      (manager, f"/compounds/{green_park}/tickets/{leak}")):  # fmt: skip
        for noun, body in (("assignment", give), ("cancellation", {"reason": "duplicate"})):
            assert who.post(f"{path}/{noun}", body).status_code == 404, (path, noun)
    assert compounds.rahima.post(f"{mine}/assignment", give).status_code in (403, 404)
    key = str(uuid4())
    first, again = (manager.post(f"{mine}/assignment", give, key=key) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    assert compounds.queue(karim)[0]["taken_by"] == give["to"]
    with transaction() as session:
        mates = [each.person for each in teams.members(session, UUID(compounds.team(karim)), at=clock.now())]
    (mate,) = (str(each) for each in mates if str(each) != give["to"])
    assert manager.post(f"{mine}/assignment", {"to": mate, "reason": "illness"}).status_code == 200
    steps = compounds.rahima.get(f"/tickets/{leak}").json()["ticket"]["steps"]
    assert (steps[-1]["event"], steps[-1]["reason"]) == ("reassign", None)
    give = {"to": mate}
    told = [
        (each.status_code, each.json()["type"])
        for each in (
            manager.post(f"{mine}/assignment", give),
            manager.post(f"{mine}/assignment", give | {"reason": "illness"}),
            manager.post(f"{mine}/assignment", give | {"reason": "illness", "version": 1}),
            manager.post(f"{mine}/cancellation", {"reason": "mood"}),
        )
    ]
    assert told == [
        (409, "SeatTaken"), (422, "CandidateNeeded"), (409, "StaleVersion"), (422, "ReasonNeeded"),
    ]  # fmt: skip
    assert manager.post(f"{mine}/cancellation", {"reason": "duplicate"}).json()["state"] == "cancelled"
    assert compounds.rahima.get(f"/tickets/{leak}").json()["ticket"]["status"] == "cancelled"
