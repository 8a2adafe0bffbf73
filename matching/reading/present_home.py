"""The home in which a client lives now: «живём на первом этаже, хотим повыше»."""

from collections.abc import Sequence

from matching.reading.entry import Entry, Rule
from matching.reading.mentions import MENTION, Item

#: The things after it, up to the end of the clause, are those of the client's present home.
PRESENT = "_present"
#: The most words between it and a thing.
_REACH = 4

ENTRY = Entry(
    PRESENT,
    (
        Rule(
            None,
            "(=живем/=живу/=живут) [сейчас/пока] (в/на) "
            "| (сейчас/пока) (=живем/=живу/=живут/=снимаем/=снимаю/=арендуем) | у нас (сейчас/пока) "
            "| (=переезжаем/=переехали/=уехали/=съезжаем) (из/с) | на замена "
            "| (=продаем/=продаю/=продали/=продал) [свой/наш/мой] | (нынешний/теперешний) (квартира/дом)",
            "lead",
        ),
    ),
)


def cancel_present(items: Sequence[Item], index: int) -> None:
    """Cancel what is said of the client's present home; the people and animals will live in the new one, too."""
    marker = items[index]
    for item in items[index + 1 :]:
        if item.clause != marker.clause or item.start - marker.end > _REACH:
            break
        if item.role == MENTION:
            item.cancelled |= not item.meanings.of_people
