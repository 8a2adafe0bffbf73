"""What cannot be read as a number, an amount or a number of rooms, in Russian: by the codes of models.core.numbers."""

import re

from models.core.numbers import MESSAGES

RUSSIAN = {
    "number.empty": "Здесь нет числа.",
    "number.not_a_number": "Это не число: {text}.",
    "number.not_understood": "Понята только часть; что значит «{part}»?",
    "number.ambiguous": "{text} можно понять двояко; напишите {first} или {second}.",
    "number.groups": "Цифры в {text} разделены не по три.",
    "number.exponent": "Напишите {text} всеми цифрами.",
    "number.negative": "Число не может быть отрицательным.",
    "number.not_whole": "Нужно целое число, а не {text}.",
    "number.too_long": "Для числа это слишком длинно.",
    "number.reversed": "Начало больше конца: {text}.",
    "number.not_a_place": "{text} — не широта и долгота.",
    "number.range": "Нужно одно число, а не от и до.",
    "number.bound": "«{text}» — это другой конец.",
    "rooms.none": "Напишите число комнат, например: студия, 1, 2, 1-3, 4+.",
    "rooms.too_many": "Столько комнат не бывает: {text}.",
    "rooms.bedrooms": "«{text}» — это спальни; напишите число комнат.",
    "rooms.negated": "«{text}» не оставляет ни одного числа комнат.",
    "amount.no_price": "«{text}» — это не цена; напишите сумму.",
    "amount.units": "«{text}» — это не валюта; напишите сумму в долларах, евро, рублях или тенге.",
    "amount.per_unit": "«{text}» — это не вся цена; напишите цену всего объекта.",
    "amount.currencies": "Назовите одну валюту, а не {first} и {second}.",
    "amount.currency_apart": "Напишите только сумму; {text} — для поля с валютой.",
    "amount.other_currency": "Суммы здесь в {first}, а «{text}» — в {second}.",
    "currency.unknown": "{text} — не валюта по ISO 4217; напишите RUB, KZT, USD, EUR или другой код.",
    "currency.ambiguous": "«{text}» — деньги нескольких стран; напишите код, например RUB.",
}

_FACT = re.compile(r"\\\{(\w+)\\\}")


def _pattern(code: str) -> tuple[str, str]:
    """A pattern of the English sentence, and the Russian one with its facts by their places in the English one."""
    english = re.escape(MESSAGES[code])
    names = _FACT.findall(english)
    russian = re.sub(r"\{(\w+)\}", lambda fact: f"{{{names.index(fact[1])}}}", RUSSIAN[code])
    return _FACT.sub("(.+)", english), russian


#: As api.console.error_messages.PATTERNS.
NUMBER_PATTERNS = tuple(_pattern(code) for code in RUSSIAN)
