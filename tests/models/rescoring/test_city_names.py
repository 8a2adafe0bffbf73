"""Markets have their towns' names, however users wrote them."""

from models.market.places import city_of
from models.rescoring.market_state import city_names
from tests.factories import make_property, make_user


def test_a_market_has_the_towns_own_name_and_namesakes_are_distinguished(session):
    owner = make_user(session)
    written = ("г. Самара", "г. Самара", "Astana", "Новый Зурбаган", "Кировск", "Ленинградская область, Кировск")
    for city in written:
        make_property(session, owner, city=city)

    names = city_names(session)

    assert {names[city_of(city).key] for city in written[:4]} == {"Самара", "Астана", "Новый Зурбаган"}
    assert [names[city_of(city).key] for city in written[4:]] == ["Кировск", "Ленинградская область, Кировск"]
