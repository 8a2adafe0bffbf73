"""Numerals, ordinals and units, in their base forms."""

NUMERALS: dict[str, float] = {
    word: value
    for value, words in {
        0: "ноль zero",
        0.5: "пол половина half",
        1: "один one бир",
        1.5: "полтора",
        2: "два двое пара two еки",
        3: "три трое three уш",
        4: "четыре четверо four торт",
        5: "пять пятеро five бес",
        6: "шесть six алты",
        7: "семь seven жети",
        8: "восемь eight сегиз",
        9: "девять nine тогыз",
        10: "десять ten он",
        11: "одиннадцать eleven",
        12: "двенадцать twelve",
        13: "тринадцать thirteen",
        14: "четырнадцать fourteen",
        15: "пятнадцать fifteen",
        16: "шестнадцать sixteen",
        17: "семнадцать seventeen",
        18: "восемнадцать eighteen",
        19: "девятнадцать nineteen",
        20: "двадцать twenty",
        30: "тридцать thirty",
        40: "сорок forty",
        50: "пятьдесят fifty",
        60: "шестьдесят sixty",
        70: "семьдесят seventy",
        80: "восемьдесят eighty",
        90: "девяносто ninety",
        100: "сто hundred",
    }.items()
    for word in words.split()
    if word not in {"он", "бес"}  # also common Russian words
}

ORDINALS: dict[str, float] = {
    word: float(value)
    for value, words in enumerate(
        (
            "первый first биринши",
            "второй second екинши",
            "третий third ушинши",
            "четвертый fourth тортинши",
            "пятый fifth бесинши",
            "шестой sixth алтыншы",
            "седьмой seventh жетинши",
            "восьмой eighth",
            "девятый ninth",
            "десятый tenth",
            "одиннадцатый",
            "двенадцатый",
            "тринадцатый",
            "четырнадцатый",
            "пятнадцатый",
            "шестнадцатый",
            "семнадцатый",
            "восемнадцатый",
            "девятнадцатый",
            "двадцатый",
        ),
        start=1,
    )
    for word in words.split()
} | {"двухтысячный": 2000.0}

#: Symbol to (unit, factor). Square metres and metres are both "m": the kind decides which is meant.
UNITS: dict[str, tuple[str, float]] = {
    symbol: (unit, factor)
    for unit, factor, symbols in (
        ("m", 0.01, "см сантиметр cm"),
        ("m", 1, "шаршы шаршыдан метрден м метр квм кв квадрат м² sqm sq meter metre m"),
        ("m2", 1, "м²"),
        ("min", 1, "мин минута минутка min minute мп мтп мпт мт"),
        ("percent", 1, "% процент percent"),
        ("month", 1, "месяц мес month ай айга"),
        ("month", 0.25, "неделя нед week апта"),
        ("year", 1, "год г ж лет year жыл жылы жылгы жылдан"),
        ("money", 1, "руб рубль р ₽ rub rubles тенге тенгеге тенгеден тг ₸ kzt доллар $ usd евро € eur"),
        ("money", 1_000, "тыс тысяча к k тр тыщ мын thousand штука кусок"),
        ("money", 1_000_000, "млн миллион лям ляма лямов лимон кк mln million мио"),
        ("km", 1, "км километр km"),
        ("people", 1, "человек чел people person"),
        ("hundred_m2", 1, "сотка сот"),
    )
    for symbol in symbols.split()
}
