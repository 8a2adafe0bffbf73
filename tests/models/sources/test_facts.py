"""Facts in feeds are facts of the kinds of wishes."""

import pytest

from matching.reading.kinds import KIND_OF
from models.sources.columns import FACT_WORDS, columns_of
from models.sources.formats import avito, cian, yrl
from models.sources.formats.vocabulary import MATERIALS, RENOVATIONS
from tests.models.sources.feeds import avito as avito_feed
from tests.models.sources.feeds import avito_ad, cian_object, read, yrl_offer
from tests.models.sources.feeds import cian as cian_feed
from tests.models.sources.feeds import yrl as yrl_feed

RICH_YRL = {
    "type": "аренда",
    "price": "<value>65000</value><currency>RUR</currency><period>день</period>",
    "renovation": "евро",
    "building_type": "кирпично-монолитный",
    "bathroom_unit": "2 раздельный",
    "balcony": "2 балкона",
    "ceiling_height": "3,05",
    "window_view": "во двор",
    "parking": "подземная",
    "rooms_type": "смежные",
    "built_year": "2027",
    "ready_quarter": "3",
    "agent_fee": "50",
    "security_payment": "30000",
    "prepayment": "100",
    "building_state": "unfinished",
    "apartments": "1",
}


@pytest.mark.parametrize(
    "data",
    [
        yrl_feed(
            yrl_offer(**RICH_YRL),
            yrl_offer(rooms=None, studio="1", more="".join(f"<{tag}>1</{tag}>" for tag in yrl.FLAGS)),
        ),
        yrl_feed(yrl_offer(building_type="сталинский", renovation="предчистовая", open_plan="1")),
        cian_feed(
            cian_object(
                Category="flatRent",
                SeparateWcsCount="1",
                CombinedWcsCount="1",
                LoggiasCount="0",
                WindowsViewType="yardAndStreet",
                RepairType="cosmetic",
                BargainTerms="<Price>80000</Price><Deposit>80000</Deposit><ClientFee>40000</ClientFee>"
                "<PrepayMonths>2</PrepayMonths><LeaseTermType>fewMonths</LeaseTermType>",
                more="".join(f"<{tag}>true</{tag}>" for tag in cian.FLAGS),
            ),
            cian_object(Category="flatShareSale"),
        ),
        avito_feed(
            avito_ad(
                SaleOptions="".join(f"<Option>{word}</Option>" for word in avito.OPTIONS),
                RoomType="<Option>Смежные</Option><Option>Изолированные</Option>",
                ViewFromWindows="<Option>На улицу</Option>",
                Parking="<Option>Подземная</Option>",
                more="<PassengerElevator>Нет</PassengerElevator><FreightElevator>1</FreightElevator>",
            )
        ),
    ],
    ids=["yrl", "yrl more", "cian", "avito"],
)
def test_every_fact_is_an_answer_of_a_kind(tmp_path, data):
    for offer in read(tmp_path, data):
        facts = columns_of(offer)["facts"]
        assert facts and offer.faults == []
        for kind, value in facts.items():
            assert KIND_OF[kind].answer_of(value) >= 0, kind


def test_a_feed_may_state_that_there_is_no_place_for_a_car(tmp_path):
    offers = [yrl_offer(str(index), parking=word) for index, word in enumerate(("нет", "да", "подземная"))]

    facts = [columns_of(offer)["facts"].get("parking") for offer in read(tmp_path, yrl_feed(*offers))]

    assert facts == [[], None, ["underground"]]


def test_words_of_the_tables_are_answers_of_kinds():
    assert {word for word, _ in MATERIALS} <= set(KIND_OF["material"].choices)
    assert set(RENOVATIONS.values()) <= set(KIND_OF["renovation"].choices)
    flags = {*yrl.FLAGS.values(), *filter(None, cian.FLAGS.values()), *avito.OPTIONS.values(), *FACT_WORDS}
    assert {kind for kind in flags if KIND_OF[kind].form != "flag"} == set()
