"""Names in quotation marks: «метро «Студенческая»» does not mention students, nor «ЖК «Лесной парк»» a park."""

from matching.reading.mentions import Tokens
from matching.reading.vocabulary import fold

_CLOSED_BY = {"«": "»", '"': '"', "“": "”", "„": "“"}
#: The longest name, in tokens.
MAX_TOKENS = 5
#: Words after which text in quotation marks is a name.
_BEFORE_NAMES = frozenset(
    """
    метро м ст станция станции станцией станцию жк комплекс комплексе тц трц остановка остановки остановке ост квартал
    квартале микрорайон микрорайоне мкр район снт кафе ресторан отель гостиница клуб центр школа школы школой лицей
    гимназия сад садик садика агентство агентства агентством ан компания компании банк банка проект проекте
    поселок поселке кп до от у к около возле рядом
    """.split()
)


def leave_out_names(cut_text: Tokens) -> None:
    """Remove names in quotation marks from *cut_text*, so that they state nothing and do not separate words."""
    tokens = cut_text.tokens
    position = len(tokens) - 1
    while position > 0:
        position -= 1
        closing = _CLOSED_BY.get(tokens[position])
        if closing is None or not tokens[position + 1][0].isupper() or not _names(tokens, position):
            continue
        inside = tokens[position + 1 : position + 2 + MAX_TOKENS]
        if closing not in inside:
            continue
        end = position + 1 + inside.index(closing) + 1
        del tokens[position:end], cut_text.starts[position:end], cut_text.words[position:end]


def _names(tokens: list[str], position: int) -> bool:
    """Whether a word that introduces a name, or its abbreviation, precedes the quotation mark *position*."""
    before = position - 1
    if before > 0 and tokens[before] == ".":
        before -= 1
    return before >= 0 and fold(tokens[before]) in _BEFORE_NAMES
