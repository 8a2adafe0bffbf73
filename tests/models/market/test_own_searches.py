"""A search of one's own rows finds what the rows themselves contain, and reads no more than it needs."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text

from models.core.amounts import Amount
from models.core.enums import DealType, Side, Status
from models.market.own_base import BaseFilter, BaseOrder, _page_query, _search_for, own_page, own_rows
from tests.factories import make_lead, make_property, make_user


@pytest.fixture
def owner(session):
    return make_user(session)


def found(session, owner, side, filters):
    return [row.id for row in session.scalars(own_rows(owner, side, filters))]


SYLLABLES = ("ар", "бат", "ёл", "Дво", "кры", "7", "-", " ")
#: Searched columns of the test below; those of a home's description are matched by the beginnings of words.
CONTAINED = {
    Side.LEAD: ("client_name", "notes", "private_notes", "additional_requirements", "city", "id"),
    Side.PROPERTY: ("title", "street", "house_number", "district", "location", "metro_station", "city", "id"),
}


def contains(session, row, side, word):
    """Whether the row itself has the word, without regard to stored texts and indexes."""
    texts = [str(getattr(row, column) or "") for column in CONTAINED[side]]
    if word.lower().replace("ё", "е") in " ".join(texts).lower().replace("ё", "е"):
        return True
    beginnings = " & ".join(f"'{each}':*" for each in word.replace("-", " ").split())
    if side is Side.LEAD or not beginnings:
        return False
    query = text("SELECT home_words(home) @@ to_tsquery('russian', :beginnings) FROM properties AS home WHERE id = :id")
    return session.scalar(query, {"id": row.id, "beginnings": beginnings})


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("seed", range(3))
def test_a_search_finds_the_rows_that_contain_every_word_in_the_order_of_the_list(session, owner, side, seed):
    chance = random.Random(seed)

    def some(length):
        return "".join(chance.choices(SYLLABLES, k=length)).strip() or "ар"

    make, more = (make_lead, {"client_contacts": None, "districts": []}) if side is Side.LEAD else (make_property, {})
    rows = []
    for kept_by in [owner] * 20 + [make_user(session)]:
        texts = {column: some(4) for column in CONTAINED[side][:2]}
        if side is Side.PROPERTY:
            texts["description"] = some(8)
        rows.append(make(session, kept_by, status=chance.choice(list(Status)), **texts, **more))
    for words in (" ".join(some(2) for _ in range(chance.randint(1, 3))) for _ in range(12)):
        passing = {row.id for row in rows[:-1] if all(contains(session, row, side, word) for word in words.split())}
        for order in BaseOrder:
            expected = [row_id for row_id in found(session, owner, side, BaseFilter(order=order)) if row_id in passing]
            filters = BaseFilter(words=words, order=order)
            pages = [own_page(session, owner, side, filters, page=page, per_page=7) for page in (1, 2, 3)]

            assert found(session, owner, side, filters) == expected
            assert [row.id for shown, _ in pages for row in shown] == expected
            assert pages[0][1] == len(expected)


def plan_of(session, owner, side, filters):
    """How PostgreSQL reads a page of the owner's rows if it avoids tables, as it does with many rows of others."""
    connection = session.connection()
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    for table in ("leads", "properties"):
        # In a small table this index costs as little.
        session.execute(text(f"DROP INDEX ix_{table}_own_towns"))
    search = _search_for(owner.id, side, filters.words)
    statement = _page_query(owner.id, side, replace(filters, words=""), search, 30, 0)
    query = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    lines = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {query}", query.params)]
    return "\n".join(lines)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    "filters",
    [
        BaseFilter(order=BaseOrder.DEAREST),
        BaseFilter(order=BaseOrder.CHANGED, words="сад"),
        BaseFilter(deal_type=DealType.SALE, rooms=[2], price_from=Amount(Decimal(1), "RUB"), order=BaseOrder.CHEAPEST),
    ],
)
def test_a_list_is_filtered_and_sorted_in_an_index_and_reads_only_the_rows_of_its_page(session, owner, side, filters):
    table = "leads" if side is Side.LEAD else "properties"

    plan = plan_of(session, owner, side, filters)

    assert f"Index Only Scan using ix_{table}_own on {table}" in plan, plan
    assert plan.count(f"on {table}") == 2, plan


@pytest.mark.parametrize("side", Side)
def test_several_words_read_the_owners_texts_once(session, owner, side):
    plan = plan_of(session, owner, side, BaseFilter(words="двор сад парк"))

    assert plan.count(f"on {'lead' if side is Side.LEAD else 'property'}_texts") == 1, plan
    assert plan.count(f"on {'leads' if side is Side.LEAD else 'properties'}") == 1, plan
