"""The catalogue in the database: stocking, price books, zones and search."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.catalogue import actions, content, queries
from marketplace.catalogue.content import PointValue
from marketplace.catalogue.rules import (
    LineKind,
    NoPriceBook,
    NotServed,
    PriceBookIncomplete,
    PriceBookInPast,
    PriceLine,
    UnknownService,
    chosen_lines,
    validate_answers,
)
from marketplace.foundation.database import transaction
from marketplace.foundation.ids import OrganizationId, ServiceId, uuid7
from marketplace.foundation.money import Money
from marketplace.foundation.places import Point
from marketplace.organizations import actions as organizations

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
NAME = {"en": "Dhaka", "bn": "ঢাকা", "fa": "داکا", "ar": "دكا"}
TAKA = PointValue("BDT", 10_000, 1_000, {})


def found_dhaka(session: Session) -> OrganizationId:
    return organizations.found(
        session, town="dhaka", name=NAME, region="BD", currency="BDT", time_zone="Asia/Dhaka", language="bn",
        calendar="gregorian", weekend=[5, 6], phone="+880255000321", settings={}, now=NOW,
    )  # fmt: skip


@pytest.fixture
def home(session: Session) -> OrganizationId:
    return found_dhaka(session)


def all_lines(value: PointValue = TAKA) -> dict[str, tuple[PriceLine, ...]]:
    return {
        service.key: content.priced(trade, service, value)
        for trade in content.categories()
        for service in trade.services
    }


def publish(
    session: Session, home: OrganizationId, lines: dict[str, tuple[PriceLine, ...]], *, valid_from: datetime = NOW
) -> None:
    actions.publish_price_book(
        session, home, currency="BDT", lines=lines, valid_from=valid_from, by=None, reason="prices", now=NOW
    )


@pytest.fixture
def stocked(session: Session, home: OrganizationId) -> OrganizationId:
    actions.stock(session, content.skills(), content.categories(), now=NOW)
    publish(session, home, all_lines())
    return home


def test_a_service_comes_with_its_questions_and_prices(session: Session, stocked: OrganizationId) -> None:
    service = queries.service(session, "ac_service", now=NOW)
    assert service.category == "ac"
    assert service.skills == ("ac",)
    assert service.title["bn"] == "এসি সার্ভিস ও পরিষ্কার"
    assert service.visit_fee == Money(25_000, "BDT")
    assert service.questions == content.categories()[4].services[0].questions
    accepted = validate_answers(service.questions, {"type": "split", "count": 2, "outdoor": "ladder", "gas": "no"})
    total = sum((each.amount for each in chosen_lines(service.lines, accepted)), start=Money.zero("BDT"))
    assert total == Money(80_000 + 65_000 + 20_000, "BDT")
    assert queries.service(session, service.id, now=NOW) == service


def test_categories_show_what_each_service_starts_at(session: Session, stocked: OrganizationId) -> None:
    found = queries.categories(session, now=NOW)
    assert [each.key for each in found] == list(content.CATEGORIES)
    assert found[4].services[0].base == Money(80_000, "BDT")
    assert queries.categories(session, now=NOW - timedelta(days=1))[4].services[0].base is None


def test_a_new_price_book_holds_from_its_day_and_the_old_one_until_then(
    session: Session, stocked: OrganizationId
) -> None:
    later = NOW + timedelta(days=7)
    publish(session, stocked, all_lines(replace(TAKA, minor_per_100_points=11_000)), valid_from=later)
    before = queries.service(session, "leak", now=later - timedelta(seconds=1))
    after = queries.service(session, "leak", now=later)
    assert (before.lines[0].amount.minor, before.price_book_version) == (50_000, 1)
    assert (after.lines[0].amount.minor, after.price_book_version) == (55_000, 2)


def test_a_price_book_never_comes_into_force_backwards(session: Session, stocked: OrganizationId) -> None:
    with pytest.raises(PriceBookInPast):
        publish(session, stocked, all_lines(), valid_from=NOW - timedelta(seconds=1))


def test_a_price_book_needs_a_base_for_every_service_and_knows_no_others(
    session: Session, stocked: OrganizationId
) -> None:
    lines = all_lines()
    with pytest.raises(PriceBookIncomplete, match="leak"):
        publish(session, stocked, {**lines, "leak": ()})
    with pytest.raises(UnknownService):
        publish(session, stocked, {**lines, "haircut": lines["leak"]})
    foreign = tuple(replace(line, amount=Money(line.amount.minor, "QAR")) for line in lines["leak"])
    with pytest.raises(PriceBookIncomplete):
        publish(session, stocked, {**lines, "leak": foreign})


def test_without_a_price_book_there_is_no_service_to_book(session: Session, home: OrganizationId) -> None:
    actions.stock(session, content.skills(), content.categories(), now=NOW)
    with pytest.raises(NoPriceBook):
        queries.service(session, "leak", now=NOW)
    with pytest.raises(UnknownService):
        queries.service(session, ServiceId(uuid7()), now=NOW)


def test_stocking_again_keeps_ids_and_retires_what_is_gone(session: Session, stocked: OrganizationId) -> None:
    before = queries.service(session, "leak", now=NOW)
    plumber = content.categories()[2]
    fewer = replace(plumber, services=tuple(each for each in plumber.services if each.key != "drain"))
    actions.stock(session, content.skills(), [fewer], now=NOW)
    assert queries.service(session, "leak", now=NOW) == before
    with pytest.raises(UnknownService):
        queries.service(session, "drain", now=NOW)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("plumber", {"leak", "drain", "fixture", "tank_pump"}),
        ("plumer", {"leak", "drain", "fixture", "tank_pump"}),
        ("পাইপ মিস্ত্রি", {"leak", "drain", "fixture", "tank_pump"}),
        ("রাজমিস্ত্রি", {"tiling", "plaster", "wall"}),
        ("বাড়ি বদল", {"home_move"}),
        ("বাসা বদল", {"home_move"}),
        ("এসি", {"ac_service", "ac_repair", "ac_gas", "ac_install"}),
        ("کولر", {"ac_service", "ac_repair"}),
        ("كولر", {"ac_service", "ac_repair"}),
        ("لوله کش", {"leak", "drain"}),
        ("لوله‌کش", {"leak", "drain"}),
        ("سباك", {"leak", "drain"}),
        ("مکیف", {"ac_service", "ac_repair"}),
        ("fridge", {"appliance"}),
        ("R-22", {"ac_gas"}),
        ("r۲۲", {"ac_gas"}),
    ],
)
def test_a_search_finds_what_was_meant_however_it_is_spelt(
    session: Session, stocked: OrganizationId, typed: str, wanted: set[str]
) -> None:
    keys = {each.id: each.key for trade in queries.categories(session, now=NOW) for each in trade.services}
    found = {keys[match.service] for match in queries.search(session, typed, limit=10)}
    assert wanted <= found, found


def test_a_search_for_nothing_or_nonsense_finds_nothing(session: Session, stocked: OrganizationId) -> None:
    assert queries.search(session, "  ") == []
    assert queries.search(session, "qqqzzzxxx") == []


def draw(session: Session, home: OrganizationId, key: str, longitude: float, ring: tuple[Point, ...] = ()) -> None:
    name = {language: f"{text} {key}" for language, text in NAME.items()}
    actions.draw_zone(session, home, key=key, name=name, centre=Point(longitude, 23.79), radius_metres=2_000, ring=ring)


def test_a_point_belongs_to_the_nearest_zone_that_holds_it(session: Session, home: OrganizationId) -> None:
    draw(session, home, "west", 90.40)
    draw(session, home, "east", 90.42)
    assert queries.zone_of(session, home, Point(90.409, 23.79)).key == "west"
    assert queries.zone_of(session, home, Point(90.411, 23.79)).key == "east"
    with pytest.raises(NotServed):
        queries.zone_of(session, home, Point(90.50, 23.79))


def test_a_ring_overrules_the_radius(session: Session, home: OrganizationId) -> None:
    ring = (Point(90.40, 23.78), Point(90.41, 23.78), Point(90.41, 23.80), Point(90.40, 23.80))
    draw(session, home, "drawn", 90.405, ring)
    assert queries.zone_of(session, home, Point(90.4001, 23.7801)).key == "drawn"
    with pytest.raises(NotServed):
        queries.zone_of(session, home, Point(90.399, 23.79))


def test_zones_are_found_by_name_in_any_language(session: Session, home: OrganizationId) -> None:
    draw(session, home, "west", 90.40)
    assert [each.key for each in queries.search_zones(session, home, "ঢাকা")] == ["west"]
    assert [each.key for each in queries.search_zones(session, home, "داكا")] == ["west"]
    assert queries.search_zones(session, home, "") == []
    assert queries.zone(session, queries.zones(session, home)[0].id).key == "west"


def test_a_price_line_kind_is_stored_as_written(session: Session, stocked: OrganizationId) -> None:
    kinds = {line.kind for line in queries.service(session, "home_move", now=NOW).lines}
    assert kinds == set(LineKind)


def test_a_published_price_is_never_changed(session: Session, stocked: OrganizationId) -> None:
    for statement in ("UPDATE price_line SET minor = 0", "DELETE FROM price_line", "UPDATE price_book SET version = 9"):
        with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
            session.execute(text(statement))


def test_two_books_published_at_once_are_two_versions(database: Engine) -> None:
    with transaction() as session:
        id = found_dhaka(session)
        actions.stock(session, content.skills(), content.categories(), now=NOW)

    def one_more(_: int) -> None:
        with transaction() as session:
            publish(session, id, all_lines())

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(one_more, range(4)))
    with transaction() as session:
        assert queries.service(session, "leak", now=NOW).price_book_version == 4
