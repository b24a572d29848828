"""What the compound's policy (promises.md A.1) promises of the management that looks on."""

from uuid import UUID

from marketplace.foundation import clock
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import OrganizationId, PersonId
from marketplace.organizations import sites
from marketplace.people import actions as people
from marketplace.privacy import actions as privacy
from marketplace.privacy import queries
from tests.promises.story import Story, Watched
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
