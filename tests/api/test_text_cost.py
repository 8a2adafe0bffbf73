"""Reading and showing a user's text takes time about proportional to its length."""

import time
from collections.abc import Callable

import pytest

from api.exchange.pasted_text import without_contacts as contacts_apart
from api.exchange.pasted_text import without_name
from api.http.market_places import MarketPlaces
from api.http.place_lexicon import MarketLexicon
from api.http.town_of_text import town_of_text
from matching.facts.place_names import place_key
from matching.homes.addresses import flat_number, house_key
from matching.reading.request_text import read_listing, read_request
from matching.reading.text_places import places_in_listing, places_in_request
from models.market.client_contacts import read_contacts
from models.market.search.public_words import without_contacts
from models.market.shown_addresses import without_house
from models.market.towns.reading import TownError, read_town
from models.sources.formats.values import prose

#: Seconds of CPU that any text may cost. The texts that gave rise to this took many, and some would never have ended.
CHEAP = 0.2
#: How many times as much as half of it a dearer text may cost: twice if the cost is linear, four times if quadratic.
MAX_GROWTH = 3


def town(text: str) -> None:
    try:
        read_town(text)
    except TownError:
        pass


def message(text: str) -> None:
    places = MarketPlaces([])
    town_of_text(places, text, places_in_request)
    read_request(text, MarketLexicon(places))


def listing(text: str) -> None:
    places = MarketPlaces([])
    town_of_text(places, text, places_in_listing)
    read_listing(text, MarketLexicon(places, (read_town("Москва").key,)))


def house(text: str) -> None:
    house_key(text, text)


#: Readers, each with the maximum length in characters of the text, or the part of a text, that it gets.
READERS = [
    (message, 4_000),
    (listing, 4_000),
    (prose, 20_000),
    (without_contacts, 4_000),
    (contacts_apart, 4_000),
    (without_name, 4_000),
    (without_house, 500),
    (read_contacts, 500),
    (house, 200),
    (town, 100),
    (place_key, 100),
    (flat_number, 50),
]
#: Repeated to the whole length; patterns that look for an end start again at each repetition.
PIECES = [
    "1", "12-", "1 ", " ", "\n", "\u00a0", ".", ", ", "(", "<", "<br", "@", "a@", "a@a.", "a", "А", "А-", "А а",
    "+7", "7(", "м. ", "ул. А", "д. 1 ", "№ ", "или ", "собственник ", "меня зовут А", "\u0300", "\u200b", "\u0130",
]  # fmt: skip


def once(reader: Callable[[str], object], text: str) -> float:
    """Seconds of CPU of one reading."""
    began = time.thread_time()
    reader(text)
    return time.thread_time() - began


def cost(reader: Callable[[str], object], text: str) -> float:
    """Seconds of CPU, the least of two readings: what else the machine does may double one."""
    return min(once(reader, text), once(reader, text))


def grows_fast(reader: Callable[[str], object], piece: str, end: str, length: int) -> bool:
    """Whether the text of *length* costs far more than twice its half."""
    whole, half = ((piece * size)[: size - len(end)] + end for size in (length, length // 2))
    first = once(reader, whole)
    # Most dear texts are found not to grow fast without a second reading of the whole, which costs the most.
    if first < CHEAP or first <= MAX_GROWTH * cost(reader, half):
        return False
    # CPU time is measured beside other work, so one excess may be chance; what grows fast exceeds the limit each time.
    return all(cost(reader, whole) > MAX_GROWTH * cost(reader, half) for _ in range(4))


@pytest.mark.parametrize(("reader", "length"), READERS, ids=lambda each: getattr(each, "__name__", ""))
def test_no_text_costs_more_than_its_length(reader, length):
    for text in ("Москва", "Зурбаган или Лисс, 2 комнаты"):
        reader(text)  # warm: vocabularies are read when they are first used

    cases = [(piece, end) for piece in PIECES for end in ("", "!")]
    assert [(piece, end) for piece, end in cases if grows_fast(reader, piece, end, length)] == []


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("ул. Арбат, д. 7", "ул. Арбат"),
        ("ул. Арбат 7к2", "ул. Арбат"),
        ("Арбат №  12/3-4 корп. 1 стр 2", "Арбат"),
        ("11" * 100, ""),
        ("11" * 100 + " лет Победы", "11" * 100 + " лет Победы"),
    ],
)
def test_a_house_number_is_left_out_of_an_address(part, shown):
    assert without_house(part) == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("пишите a.b-c+d@mail.example.kz!", "пишите […]!"),
        ("a@b@c.ru", "a@[…]"),
        ("@" * 50, "@" * 50),
        ("x" * 200 + "@mail.ru", "x" * 136 + "[…]"),
    ],
)
def test_addresses_are_hidden_from_the_public(words, shown):
    assert without_contacts(words) == shown
