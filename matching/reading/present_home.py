"""The homes and animals that a client has now or had before: «живём на первом этаже, хотим повыше»."""

from collections.abc import Sequence

from matching.reading.entry import Entry, Rule
from matching.reading.mentions import MENTION, Item, Tokens

#: The things after it, up to the end of the clause, are those of the client's present home.
PRESENT = "_present"
#: The things after it are over, even people and animals: «раньше был кот».
PAST = "_past"
#: The thing right after it is that of the present home if it belongs to a house: «сейчас панелька».
NOW = "_now"
#: The most words between it and a thing.
_REACH = 4
#: Words after which the client speaks of the home that is looked for: «живём в хрущёвке ищем квартиру с балконом».
_SEEKING = frozenset(
    "ищем ищу хотим хочу хотят хочет хочется хотелось нужен нужна нужно нужны надо подбираем "
    "рассматриваем рассматриваю снимем сниму купим куплю поэтому".split()
)
#: Words that make the past tense a wish: «чтобы был балкон», «хорошо бы был лифт».
_WISHING = frozenset({"чтобы", "чтоб", "бы", "лишь", "если"})
_OF_HOUSES = frozenset(
    {"material", "house_type", "first_floor", "last_floor", "floor", "studio", "hostel", "year_built", "apartments"}
)
_OUR_HOME = "(квартира/однушка/двушка/трешка/студия/дом/однокомнатный/двухкомнатный/трехкомнатный)"

ENTRIES = (
    Entry(
        PRESENT,
        (
            Rule(
                None,
                "(=живем/=живу/=живут/=живет) [сейчас/пока] (в/на) "
                "| (сейчас/пока) (=живем/=живу/=живут/=живет/=снимаем/=снимаю/=снимают/=арендуем) "
                "| у нас (сейчас/пока) | (сейчас/пока) у (=нас/=меня/=них) "
                "| (=переезжаем/=переехали/=уехали/=съезжаем/=съехали) (из/с/со) | на замена "
                "| (=продаем/=продаю/=продали/=продал/=продает/=продают) [свой/наш/мой/их] "
                f"| (нынешний/теперешний/текущий) {_OUR_HOME} | (=наша/=нашу/=моя/=мою) {_OUR_HOME}",
                "lead",
            ),
        ),
    ),
    Entry(
        PAST,
        (
            Rule(
                None,
                "(раньше/прежде/до этого) [у (=нас/=меня/=них)] (=был/=была/=было/=были/=жили/=жил/=жила/"
                "=снимали/=снимал/"
                "=снимала/=держали/=платили) "
                "| (=был/=была/=было/=были) (раньше/прежде) "
                "| (=снимали/=сдавали/=предлагали/=показывали/=смотрели) [раньше] "
                "| (=был/=была) (кот/кошка/собака/пес/щенок/опыт/сделка) | у (=нас/=меня) (=был/=была/=было/=были) "
                "| в прошлый (раз/квартира/год) [=был/=была/=было/=были] "
                "| (прошлый/предыдущий) (квартира/жилье/однушка/двушка/студия) [=был/=была]",
                "lead",
            ),
        ),
    ),
    Entry(NOW, (Rule(None, "сейчас [в/на]", "lead"),)),
)


def cancel_present(cut_text: Tokens, items: Sequence[Item], index: int) -> None:
    """Cancel what is said of the client's present or former home; those who live in the present one move too."""
    marker = items[index]
    tokens = cut_text.tokens
    if marker.role == PAST and _is_wished(cut_text, marker):
        return
    for item in items[index + 1 :]:
        between = tokens[marker.end : item.start]
        if item.clause != marker.clause or len(between) > _REACH or any(each.lower() in _SEEKING for each in between):
            break
        if item.role != MENTION:
            continue
        if marker.role == NOW and (between or not item.meanings.kinds & _OF_HOUSES):
            break
        if marker.role == PAST:
            item.cancelled |= not (
                item.denied and any(start >= item.end for start, _ in item.by)
            )  # «жили на первом, больше не хотим» refuses it
        else:
            item.cancelled |= not item.meanings.of_people


def _is_wished(cut_text: Tokens, marker: Item) -> bool:
    """Whether the past tense is that of a wish: «чтобы был балкон», «был бы балкон»."""
    near = cut_text.tokens[max(0, marker.start - 2 * _REACH) : marker.end + 1]
    return not _WISHING.isdisjoint(each.lower() for each in near)
