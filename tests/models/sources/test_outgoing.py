"""A realtor's outgoing feed: our reader finds the same homes; homes without a portal's required fields are left out."""

from datetime import UTC, datetime

import pytest
from lxml import etree
from sqlalchemy import select

from models.core.enums import AddressPrecision, DealType, PropertyType, Role
from models.market.properties import Property
from models.sources.columns import CONTENT
from models.sources.formats import yrl_writer
from models.sources.formats.yrl_writer import Seller, missing_of
from models.sources.outgoing import left_out, published
from tests.factories import make_property, make_user
from tests.models.sources.feeds import cian, cian_object, yrl, yrl_offer

SELLER = Seller("Анна <и> Ко", "Дом & Двор", "+77010000001", Role.AGENCY)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
#: Facts about the seller that our feed adds, and one for which YRL has no tag.
UNLIKE = {"from_owner", "free_sale"}

HOMES = (
    yrl_offer("a", renovation="евро", balcony="2 балкона", lift="1", more="<bathroom-unit>раздельный</bathroom-unit>"),
    yrl_offer("b", rooms=None, studio="1", renovation="черновая отделка",
              more='<new-flat>1</new-flat><image tag="plan">'
              "https://img.example/1.jpg</image><image>https://img.example/2.jpg</image>"),
    yrl_offer("c", type="аренда", price="<value>65000</value><currency>RUR</currency><period>месяц</period>",
              with_pets="да", washing_machine="нет", more="<image>https://img.example/3.jpg</image>"),
    yrl_offer("d", category="дом", rooms="5", floor=None, floors_total=None,
              more="<lot-area><value>12</value><unit>сотка</unit></lot-area><built-year>2011</built-year>"),
    yrl_offer("e", apartments="1", is_elite="1", building_name="ЖК «Сад»", building_type="кирпичный",
              ceiling_height="3.2", description="Вид на <парк> & реку\x01"),
)  # fmt: skip


def written(offers, seller=SELLER):
    return "".join(yrl_writer.feed(offers, seller, NOW, "https://leadmatch.example")).encode()


@pytest.mark.parametrize(
    "data",
    [yrl(*(home.replace("<парк> &", "парк и").replace("\x01", "") for home in HOMES)), cian(cian_object("c-1"))],
    ids=["yrl", "cian"],
)
def test_our_own_reader_reads_the_same_homes_back(office, data):
    first, second = office.source("one"), office.source("two")
    office.bring(first, data)
    before = list(office.rows(first).values())
    assert before
    feed = written(published(office.factory, before[0].owner_id))
    report = office.bring(second, feed)

    assert (report.new, report.refused, report.guesses) == (len(before), 0, [])
    after = office.rows(second)
    for home in before:
        again = after[str(home.id)]
        for name in set(CONTENT) - {"facts", "attributes", "search_text"}:
            assert getattr(again, name) == getattr(home, name), name
        facts = {kind: value for kind, value in again.facts.items() if kind not in UNLIKE}
        assert facts == {kind: value for kind, value in home.facts.items() if kind not in UNLIKE}


def test_the_feed_is_what_portals_document(office):
    with office.factory() as session:
        owner = make_user(session, Role.AGENCY)
        listing = make_property(session, owner, description="Вид на <парк> & реку\x01", photos=["/media/abc.jpg"])
        session.commit()
        feed = etree.fromstring(written([listing]))

    space = {"y": yrl_writer.NAMESPACE}
    assert feed.tag == f"{{{yrl_writer.NAMESPACE}}}realty-feed"
    assert feed.findtext("y:generation-date", namespaces=space) == "2026-05-01T00:00:00+00:00"
    [offer] = feed.findall("y:offer", space)
    assert offer.get("internal-id") == str(listing.id)
    required = "type property-type category creation-date location/y:address sales-agent/y:phone area/y:value"
    required = f"{required} sales-agent/y:category price/y:value price/y:currency rooms floor".split()
    assert all(offer.findtext(f"y:{name}", namespaces=space) for name in required)
    assert offer.findtext("y:description", namespaces=space) == "Вид на <парк> & реку"
    assert offer.findtext("y:image", namespaces=space) == "https://leadmatch.example/media/abc.jpg"
    assert [tag for tag in offer.iter() if not len(tag) and not (tag.text or "").strip()] == []  # empty tags are errors


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, []),
        ({"area": None}, ["area"]),
        ({"street": None, "house_number": None, "location": None}, ["address"]),
        ({"address_precision": AddressPrecision.STREET}, []),
        ({"address_precision": AddressPrecision.STREET, "street": None, "location": None}, ["address"]),
        ({"address_precision": AddressPrecision.DISTRICT}, ["address"]),
        ({"currency": "AMD"}, ["currency"]),
        ({"rooms": None}, ["rooms"]),
        ({"floor": None}, ["floor"]),
        ({"floor": None, "rooms": None, "property_type": PropertyType.HOUSE}, []),
        ({"deal_type": DealType.RENT}, ["photos"]),
    ],
)
def test_portals_requirements_are_the_same_for_a_home_and_in_the_query(session, fields, missing):
    owner = make_user(session, Role.AGENCY)
    found = make_property(session, owner, **fields)
    session.flush()
    session.expire_all()
    found = session.scalars(select(Property)).one()

    assert missing_of(found, SELLER) == missing
    assert sorted(left_out(session, owner)) == sorted(missing)
    assert (b"<offer" in written([found])) is (not missing)
