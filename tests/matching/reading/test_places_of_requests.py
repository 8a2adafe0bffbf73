"""Towns and stations of messages that other words come close to."""

from tests.matching.reading.test_request import request


def test_a_kazakh_town_that_opens_a_message_is_no_mistyped_kitchen() -> None:
    assert request("Астанада 2 бөлмелі пәтер керек, мысық бар").town == "Астана"


def test_the_way_is_that_to_each_of_several_stations() -> None:
    read = request("Сниму двушку, м. Сокол, Аэропорт (пешком до 12 мин)")

    assert read.stations == ["Сокол", "Аэропорт"]
    assert [(wish.kind, wish.value) for wish in read.wishes] == [("metro_walk", {"max": 12.0})]
