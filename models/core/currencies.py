"""Currencies: the codes of ISO 4217, and the words and signs that people use for them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from babel.core import get_global

from models.core.numbers import UnreadableError, check_length, phrases_in, prepared

#: Former codes that people and portals still write; amounts are always in the present currency.
RENAMED = {"RUR": "RUB"}

#: The signs in printed amounts; other currencies are printed with their code.
SIGNS = {"RUB": "₽", "KZT": "₸", "USD": "$", "EUR": "€"}


def _words(code: str, words: str) -> dict[str, str]:
    return dict.fromkeys(words.split(), code)


def _pairs(code: str, firsts: str, seconds: str) -> dict[str, str]:
    """Every combination of a first and a second word."""
    return {f"{first} {second}": code for first in firsts.split() for second in seconds.split()}


_DOLLARS = "доллар доллара доллары долларов долларах долларами"
_ROUBLES = "рубль рубля рубли рублей рублях рублями руб"

#: The meaning of phrases of lower-case words and signs, separated by single blanks, without full stops. The longest
#: phrase wins.
CURRENCY_PHRASES: Mapping[str, str] = {
    **_words("RUB", f"{_ROUBLES} рублю рублем рубле рублям рублик рубликов р p ₽ rub"),
    **_words("RUB", "ruble rubles rouble roubles rubley"),
    **_pairs("RUB", "российский российские российских российскими", _ROUBLES),
    **_pairs("RUB", _ROUBLES, "рф россии"),
    **_pairs("RUB", "russian", "ruble rubles rouble roubles"),
    **_words("KZT", "тенге теңге тенгэ тн тг тнг ₸ tenge teng tg tng"),
    **_pairs("KZT", "казахстанский казахстанские казахстанских", "тенге"),
    **_words("USD", f"{_DOLLARS} доллару долларом долларам долл дол долар долары доларов $"),
    **_words("USD", "бакс бакса баксы баксов баксах dollar dollars buck bucks"),
    **_pairs("USD", f"{_DOLLARS} долл дол $", "сша us"),
    **_pairs("USD", "us american американский американские американских usd", f"$ dollar dollars {_DOLLARS}"),
    **_words("EUR", "евро эвро € euro euros"),
    **_words("AED", "дирхам дирхама дирхамы дирхамов дирхамах дирхем дирхемы дирхемов"),
    **_words("AED", "dirham dirhams dirhem dirhems dhs dh"),
    **_pairs("AED", "дирхам дирхама дирхамы дирхамов", "оаэ"),
    **_pairs("AED", "uae emirati", "dirham dirhams"),
    **_words("CNY", "юань юаня юани юаней юанях yuan yuans rmb ¥ 元"),
    **_words("TRY", "лира лиры лир ₺ lira liras tl"),
    **_pairs("TRY", "турецкая турецкие турецких turkish", "лира лиры лир lira liras"),
    **_words("GBP", "фунт фунта фунты фунтов фунтах £ pound pounds"),
    **_pairs("GBP", "фунт фунта фунты фунтов pound pounds", "стерлингов sterling"),
    **_pairs("GBP", "british английских британских", "pound pounds фунтов"),
    **_words("UZS", "сум сума сумы сумов сумах sum soum so'm"),
    **_pairs("UZS", "узбекский узбекские узбекских uzbek", "сум сумы сумов sum soum"),
    **_words("BYN", "br зайчик зайчики зайчиков"),
    **_pairs("BYN", "белорусский белорусские белорусских беларуских бел belarusian", f"{_ROUBLES} ruble rubles"),
    **_words("GEL", "лари ₾ lari laris"),
    **_pairs("GEL", "грузинский грузинские грузинских georgian", "лари lari"),
    **_words("AMD", "драм драма драмы драмов драмах ֏ dram drams"),
    **_pairs("AMD", "армянский армянские армянских armenian", "драм драмы драмов dram drams"),
    **_words("AZN", "манат маната манаты манатов манатах ₼ manat manats"),
    **_words("KGS", "сом сома сомы сомов сомах som soms"),
    **_pairs("KGS", "киргизский киргизских кыргызский кыргызских", "сом сомы сомов"),
    **_words("THB", "бат бата баты батов батах ฿ baht bahts"),
    **_words("UAH", "гривна гривны гривну гривен гривнах грн ₴ hryvnia hryvnias"),
    **_words("ILS", "шекель шекеля шекели шекелей шекелях ₪ shekel shekels"),
    **_words("JPY", "йена йены йен иена иены иен yen 円"),
    **_words("KRW", "₩ won вон вона воны"),
    **_words("INR", "₹ rupee rupees"),
    **_words("VND", "₫ донг донга донги донгов dong"),
    **_words("PLN", "злотый злотых злотые zl zł zloty zlotys"),
    **_words("TJS", "сомони somoni"),
    **_pairs("CHF", "швейцарский швейцарские швейцарских swiss", "франк франки франков franc francs"),
    **_pairs("CZK", "чешская чешские чешских czech", "крона кроны крон crown crowns koruna"),
    **_pairs("RSD", "сербский сербские сербских serbian", "динар динары динаров dinar dinars"),
    **_words("CZK", "kc kč"),
    **_pairs("HKD", "hk", "$"),
    **_pairs("AUD", "a au", "$"),
    **_pairs("CAD", "c ca", "$"),
    **_pairs("SGD", "s sg", "$"),
}

#: Units of account that do not identify a currency.
CONDITIONAL_UNITS = frozenset(phrases_in("у е; уе; y e; ye; у e; y е; усл ед; условных единиц; условные единицы"))
#: Money of several countries under one name.
AMBIGUOUS_WORDS = frozenset(
    """
    крона кроны крон франк франка франки франков динар динара динары динаров песо риал риалов peso pesos krona krone
    crown crowns franc francs dinar dinars
    """.split()
)

#: Full stops are ignored here: "у.е.", "тыс.руб".
WORD = r"[^\W\d_]+(?:'[^\W\d_]+)?"
_TOKEN = re.compile(rf"{WORD}|[^\w\s.]")
_LOOKALIKES = str.maketrans("aceopxykmhtbі", "асеорхукмнтви")
_TO_LATIN = str.maketrans("асеорхукмнтв", "aceopxykmhtb")
_CYRILLIC, _LATIN = re.compile("[а-яіңғқөұүһә]"), re.compile("[a-z]")


@cache
def iso_currencies() -> frozenset[str]:
    """
    ISO 4217 codes of currencies that are legal tender somewhere according to babel's copy of CLDR, or were so in recent
    years, for old rows.

    >>> {"RUB", "KZT", "AED"} <= iso_currencies(), "RUS" in iso_currencies(), "DEM" in iso_currencies()
    (True, False, False)
    """
    return frozenset(
        code
        for uses in get_global("territory_currencies").values()
        for code, _, end, is_tender in uses
        if is_tender and (end is None or end[0] >= 2020)
    )


def currency_code(text: str) -> str | None:
    """
    The currency code in *text*, in any letter case; None if it is not a code.

    >>> currency_code("rur"), currency_code("Kzt"), currency_code("RUS")
    ('RUB', 'KZT', None)
    """
    code = RENAMED.get(text.upper(), text.upper())
    return code if code in iso_currencies() else None


def read_currency(text: str) -> str:
    """
    The ISO 4217 code of a currency named by its code, word or sign.

    Raises:
        UnreadableError: currency.unknown, currency.ambiguous, amount.units, amount.currencies, number.too_long.

    >>> read_currency("рубли"), read_currency("$"), read_currency("тенге (KZT)"), read_currency("usd")
    ('RUB', 'USD', 'KZT', 'USD')
    """
    check_length(text)
    words = [one_script(word) for word in _TOKEN.findall(prepared(text)) if word not in "()[],;:/"]
    code_read: str | None = None
    position = 0
    while position < len(words):
        length, code = currency_at(words, position)
        if not length:
            raise UnreadableError("currency.unknown", text=text.strip())
        if code_read not in (None, code):
            raise UnreadableError("amount.currencies", first=str(code_read), second=code)
        code_read, position = code, position + length
    if code_read is None:
        raise UnreadableError("currency.unknown", text=text.strip())
    return code_read


def currency_at(words: list[str], position: int) -> tuple[int, str]:
    """
    The number of *words* from *position* on that name a currency, and its code; (0, "") if they name none.

    Raises:
        UnreadableError: amount.units, currency.ambiguous.
    """
    for length in (3, 2, 1):
        phrase = " ".join(words[position : position + length])
        if len(words) < position + length:
            continue
        if phrase in CONDITIONAL_UNITS:
            raise UnreadableError("amount.units", text="у.е.")
        if phrase in AMBIGUOUS_WORDS:
            raise UnreadableError("currency.ambiguous", text=phrase)
        code = CURRENCY_PHRASES.get(phrase) or (currency_code(phrase) if len(phrase) == 3 else None)
        if code:
            return length, code
    return 0, ""


def one_script(word: str) -> str:
    """
    Convert a word with letters that look alike in two scripts to one script: Cyrillic, unless the Latin word is a code.

    >>> one_script("pуб"), one_script("кzt")
    ('руб', 'kzt')
    """
    if not (_CYRILLIC.search(word) and _LATIN.search(word)):
        return word
    latin = word.translate(_TO_LATIN)
    return latin if currency_code(latin) else word.translate(_LOOKALIKES)


def one_currency(codes: Iterable[str]) -> str | None:
    """
    The only named currency; None if there is none.

    Raises:
        UnreadableError: amount.currencies.
    """
    named = sorted(set(codes))
    if len(named) > 1:
        raise UnreadableError("amount.currencies", first=named[0], second=named[1])
    return named[0] if named else None
