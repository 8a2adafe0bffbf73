"""The user's own rows, found by any detail that people remember, and never another user's."""

from decimal import Decimal

import pytest
from sqlalchemy import text

from models.core.amounts import Amount
from models.core.enums import DealType, Side, Status
from models.core.errors import ConflictError, InvalidValueError
from models.market.bulk_changes import change_statuses
from models.market.leads import archive_lead
from models.market.own_base import BaseFilter, BaseOrder, own_page, own_rows
from models.market.own_towns import _TOWNS, own_towns
from models.market.properties import archive_property
from models.market.tags import MAX_TAGS, add_tag, remove_tag, tags_of, used_tags
from models.upkeep.erasure import erase_user, export_user
from tests.factories import make_lead, make_property, make_user


@pytest.fixture
def owner(session):
    return make_user(session)


def found(session, owner, side=Side.LEAD, **wanted):
    return [row.id for row in session.scalars(own_rows(owner, side, BaseFilter(**wanted)))]


@pytest.mark.parametrize(
    "words",
    [
        "анна", "АННА КОРОЛЕВА", "701 234-56", "8 701 234 56 78", "77012345678", "хамовники анна", "школ", "собачк",
        "сокольники",
    ],
)  # fmt: skip
def test_a_lead_is_found_by_what_is_remembered_of_it(session, owner, words):
    anna = make_lead(
        session,
        owner,
        client_name="Анна Королёва",
        client_contacts="+7 (701) 234-56-78",
        districts=["Хамовники"],
        metro_stations=["Сокольники"],
        additional_requirements="рядом школа",
        private_notes="есть собачка",
    )
    make_lead(session, owner)
    make_lead(session, make_user(session), client_name="Анна Королёва", client_contacts="+77012345678")

    assert found(session, owner, words=words) == [anna.id]


@pytest.mark.parametrize("word", ["на", "и", "the"])
def test_a_stop_word_finds_only_rows_that_contain_it(session, owner, word):
    make_property(session, owner, title="Дом", description=f"дом {word} реке", street="Садовый")

    assert found(session, owner, Side.PROPERTY, words=word) == []


def test_long_texts_of_ones_own_are_looked_up_in_indexes_that_know_the_owner(session, owner):
    connection = session.connection()
    query = own_rows(owner, Side.PROPERTY, BaseFilter(words="консьерж")).compile(connection)
    session.execute(text("SET LOCAL enable_seqscan = off"))

    plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {query}", query.params))

    assert "ix_listing_words_words" in plan and "ix_archived_words_words" in plan
    assert plan.count(f"''owner {owner.id}''") >= 2


@pytest.mark.parametrize("words", ["анна пётр", "70199", "%", "_", "(", "\\", "[а-я]", "' OR 1=1"])
def test_words_that_are_not_in_a_lead_find_nothing(session, owner, words):
    make_lead(session, owner, client_name="Анна")

    assert found(session, owner, words=words) == []


def test_digits_are_looked_for_in_a_leads_texts_too_although_they_may_be_a_phone(session, owner):
    lead = make_lead(session, owner, metro_stations=["Улица 1905 года"], external_id="20771")
    make_lead(session, owner, client_contacts="+7 (701) 190-33-33")

    assert [found(session, owner, words=words) for words in ("1905", "20771")] == [[lead.id], [lead.id]]


@pytest.mark.parametrize("words", ["пречистенка 7", "панорамными", "видовая панорам", "консьерж", "арбат"])
@pytest.mark.parametrize("archived", [False, True])
def test_a_property_is_found_by_its_address_and_by_words_of_its_description(session, owner, words, archived):
    home = make_property(
        session,
        owner,
        title="Видовая квартира",
        description="С панорамными окнами; в доме консьержка",
        street="Пречистенка",
    )
    make_property(session, owner, street="Тверская", district="Тверской", description="Тихий двор")
    make_property(session, make_user(session), street="Пречистенка", description="С панорамными окнами")
    if archived:
        archive_property(session, home)

    assert found(session, owner, Side.PROPERTY, words=words) == [home.id]


@pytest.mark.parametrize(
    ("side", "column"),
    [
        *((Side.LEAD, name) for name in ("client_name", "client_contacts", "city", "districts", "metro_stations")),
        *((Side.LEAD, name) for name in ("notes", "private_notes", "additional_requirements", "external_id")),
        *((Side.PROPERTY, name) for name in ("title", "city", "district", "metro_station", "street", "house_number")),
        *((Side.PROPERTY, name) for name in ("location", "external_id", "description")),
    ],
)
@pytest.mark.parametrize("status", Status)
def test_a_search_follows_every_change_of_a_searched_text(session, owner, side, column, status):
    make = make_lead if side is Side.LEAD else make_property
    row = make(session, owner, status=status)
    for present, past in (("Ёлкино", "Берёзкино"), ("Берёзкино", "Ёлкино")):
        setattr(row, column, [present] if column in ("districts", "metro_stations") else present)
        session.flush()

        assert found(session, owner, side, words=present.upper().replace("Ё", "е")) == [row.id]
        assert found(session, owner, side, words=past) == []


@pytest.mark.parametrize("side", Side)
def test_a_search_finds_a_row_for_its_present_owner(session, owner, side):
    make = make_lead if side is Side.LEAD else make_property
    row, new_owner = make(session, owner, external_id="об-77"), make_user(session)

    row.owner_id = new_owner.id
    session.flush()

    assert found(session, new_owner, side, words="об-77") == [row.id]
    assert found(session, owner, side, words="об-77") == []


def test_a_new_phone_is_found_and_the_old_one_is_not(session, owner):
    lead = make_lead(session, owner, client_contacts="+7 (701) 234-56-78")
    lead.client_contacts = "8 705 111 22 33"
    session.flush()

    assert found(session, owner, words="+77051112233") == [lead.id]
    assert found(session, owner, words="701 234 56 78") == []


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("row_id", [977, 97_701_234])
def test_a_row_is_found_by_its_id_and_by_the_id_of_its_source(session, owner, side, row_id):
    make = make_lead if side is Side.LEAD else make_property
    row = make(session, owner, id=row_id, external_id="об-77/Б")
    make(session, owner)

    assert row.id in found(session, owner, side, words=str(row.id))
    assert found(session, owner, side, words="ОБ-77/б") == [row.id]
    assert found(session, owner, side, words=f"{row.id}б") == []


def test_filters_narrow_together(session, owner):
    fitting = make_lead(session, owner, city="Казань", rooms=[1, 2], budget_max=9_000_000, budget_min=None)
    make_lead(session, owner, city="Казань", rooms=[3], budget_max=9_000_000, budget_min=None)
    make_lead(session, owner, rooms=[2])
    make_lead(session, owner, city="Казань", rooms=[2], deal_type=DealType.RENT)
    archive_lead(session, make_lead(session, owner, city="Казань", rooms=[2]))
    add_tag(session, owner, Side.LEAD, [fitting.id], "срочно")

    assert found(
        session, owner, city_key=fitting.city_key, rooms=[2], deal_type=DealType.SALE, status=Status.ACTIVE
    ) == [fitting.id]
    assert found(session, owner, tag="срочно") == [fitting.id]
    assert sorted(own_towns(session, owner, Side.LEAD).values()) == ["Казань", "Москва"]


@pytest.mark.parametrize("side", Side)
def test_a_town_is_listed_once_by_its_most_frequent_name(session, owner, side):
    make = make_lead if side is Side.LEAD else make_property
    for city in ("Москва", "г. Москва", "г. Москва", "Алматы", "Казань"):
        make(session, owner, city=city)
    make(session, make_user(session), city="Астана")

    assert list(own_towns(session, owner, side).values()) == ["Алматы", "Казань", "г. Москва"]
    assert own_towns(session, make_user(session), side) == {}


@pytest.mark.parametrize("side", Side)
def test_towns_are_looked_up_in_an_index_one_by_one(session, owner, side):
    make = make_lead if side is Side.LEAD else make_property
    for _ in range(60):
        make(session, owner)
    table = "leads" if side is Side.LEAD else "properties"
    session.execute(text(f"ANALYZE {table}"))
    connection = session.connection()
    query = _TOWNS[side].compile(connection)

    plan = "\n".join(
        row[0]
        for row in connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, COSTS OFF) {query}", query.params | {"owner_id": owner.id}
        )
    )

    assert plan.count(f"ix_{table}_own_towns") >= 2
    assert "rows=60" not in plan, plan


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("order", BaseOrder)
def test_a_page_shows_its_part_of_all_rows_and_counts_them(session, owner, side, order):
    make = make_lead if side is Side.LEAD else make_property
    for _ in range(5):
        make(session, owner)
    make(session, make_user(session))

    rows, total = own_page(session, owner, side, BaseFilter(order=order), page=2, per_page=2)

    assert ([row.id for row in rows], total) == (found(session, owner, side, order=order)[2:4], 5)


@pytest.mark.parametrize(
    ("low", "high", "is_found"),
    [
        (Amount(Decimal(9_000_000)), None, True),  # meets 10 to 15 million
        (Amount(Decimal(15_000_000)), Amount(Decimal(20_000_000)), True),
        (Amount(Decimal(16_000_000)), None, False),
        (None, Amount(Decimal(9_000_000)), False),
        (Amount(Decimal(9_000_000), "RUB"), None, True),
        (Amount(Decimal(9_000_000), "KZT"), None, False),
    ],
)
def test_a_budget_passes_where_it_meets_the_range(session, owner, low, high, is_found):
    lead = make_lead(session, owner)
    make_lead(session, owner, budget_min=None, budget_max=None)  # unknown: in no range

    assert found(session, owner, price_from=low, price_to=high) == ([lead.id] if is_found else [])


def test_an_order_is_total(session, owner):
    homes = [make_property(session, owner, price=price) for price in (3, 1, 2, 2)]
    third, cheapest, two, other = (home.id for home in homes)

    assert found(session, owner, Side.PROPERTY, order=BaseOrder.CHEAPEST) == [cheapest, other, two, third]
    assert found(session, owner, Side.PROPERTY, order=BaseOrder.DEAREST) == [third, other, two, cheapest]
    assert found(session, owner, Side.PROPERTY, order=BaseOrder.OLDEST) == [third, cheapest, two, other]
    for order in BaseOrder:
        assert sorted(found(session, owner, Side.PROPERTY, order=order)) == sorted(home.id for home in homes)


def test_several_are_moved_and_strangers_stay(session, owner):
    mine, gone, theirs = make_lead(session, owner), make_lead(session, owner), make_lead(session, make_user(session))
    archive_lead(session, gone)

    moved = change_statuses(session, owner, Side.LEAD, [mine.id, gone.id, theirs.id], Status.ARCHIVED)

    assert [row.id for row in moved] == [mine.id]
    assert (mine.status, theirs.status) == (Status.ARCHIVED, Status.ACTIVE)


def test_a_tag_is_put_on_own_rows_only_and_keeps_its_capitals(session, owner):
    one, two, theirs = make_lead(session, owner), make_lead(session, owner), make_lead(session, make_user(session))

    assert add_tag(session, owner, Side.LEAD, [one.id], " VIP  клиент ") == ("VIP клиент", [one.id])
    assert add_tag(session, owner, Side.LEAD, [one.id, two.id, theirs.id], "vip клиент") == ("VIP клиент", [two.id])
    assert used_tags(session, owner, Side.LEAD) == ["VIP клиент"]
    assert remove_tag(session, owner, Side.LEAD, [two.id, theirs.id], "VIP клиент") == [two.id]
    assert tags_of(session, Side.LEAD, [one.id, two.id, theirs.id]) == {one.id: ["VIP клиент"]}


@pytest.mark.parametrize("text", ["", "  ", "х" * 41, "a\x00b"])
def test_a_tag_is_a_short_line(session, owner, text):
    with pytest.raises(InvalidValueError):
        add_tag(session, owner, Side.LEAD, [make_lead(session, owner).id], text)


def test_a_row_has_so_many_tags_and_no_more(session, owner):
    lead = make_lead(session, owner)
    for number in range(MAX_TAGS):
        add_tag(session, owner, Side.LEAD, [lead.id], f"tag {number}")

    with pytest.raises(ConflictError):
        add_tag(session, owner, Side.LEAD, [lead.id], "one more")
    assert add_tag(session, owner, Side.LEAD, [lead.id], "tag 0")[1] == []


def test_tags_are_exported_and_erased_with_their_owner(session, owner):
    lead, home = make_lead(session, owner), make_property(session, owner)
    add_tag(session, owner, Side.LEAD, [lead.id], "срочно")
    add_tag(session, owner, Side.PROPERTY, [home.id], "эксклюзив")

    assert export_user(session, owner)["lead_tags"] == [{"lead_id": lead.id, "tag": "срочно"}]
    assert export_user(session, owner)["property_tags"] == [{"property_id": home.id, "tag": "эксклюзив"}]
    erase_user(session, owner)
    assert tags_of(session, Side.LEAD, [lead.id]) == tags_of(session, Side.PROPERTY, [home.id]) == {}
