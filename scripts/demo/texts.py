"""Russian names of the demo's people and firms, and phrases of its descriptions and requirements."""

from random import Random

WOMEN = (
    "Анна Мария Елена Ольга Наталья Ирина Светлана Айгерим Динара Татьяна Юлия Асель Екатерина Гульнара Вера".split()
)
MEN = "Алексей Дмитрий Сергей Андрей Иван Михаил Ержан Нурлан Павел Артём Тимур Руслан Олег Виктор Данияр".split()
#: Men's surnames; a woman's has an additional «а».
SURNAMES = (
    "Иванов Смирнов Кузнецов Попов Соколов Лебедев Новиков Морозов Волков Ахметов Оспанов Сулейменов Карпов Орлов Белов"
    " Комаров Ибрагимов Нурпеисов Зайцев Виноградов Романов Тарасов Касымов Мельников Щербаков"
).split()
AGENCIES = (
    "Ключевой адрес",
    "Дом и Двор",
    "Квадратный метр",
    "Новоселье",
    "Четыре стены",
    "Город жилья",
    "Под крышей",
    "Правый берег",
    "Степь Недвижимость",
    "Жилой вопрос",
)
DEVELOPERS = ("СтройГрад", "Монолит-Юг", "Алатау Девелопмент", "Первый Квартал", "Левобережная строительная компания")

#: Phrases of descriptions, by subject. Leads use the same phrases, so that texts can match.
VIEWS = ("вид на парк", "вид на реку", "окна во двор", "панорамные окна", "вид на горы", "окна на две стороны")
YARD = (
    "двор без машин",
    "закрытая территория",
    "детская площадка",
    "подземный паркинг",
    "консьерж",
    "тихий двор",
    "охрана",
)
NEARBY = (
    "рядом школа",
    "детский сад во дворе",
    "парк в пяти минутах",
    "торговый центр рядом",
    "набережная рядом",
    "фитнес-клуб",
)
INSIDE = (
    "высокие потолки",
    "большая кухня",
    "кухня-гостиная",
    "гардеробная",
    "два санузла",
    "застеклённый балкон",
    "лоджия",
    "встроенная техника",
    "тёплый пол",
    "кондиционер",
)
SALE_TERMS = (
    "один собственник",
    "ипотека подходит",
    "свободная продажа",
    "торг уместен",
    "документы готовы",
    "без обременений",
)
RENT_TERMS = (
    "можно с детьми",
    "можно с животными",
    "без комиссии",
    "на длительный срок",
    "мебель и техника",
    "без животных",
)

CONDITIONS = {
    "ROUGH": "черновая отделка",
    "PRE_FINISHING": "предчистовая отделка",
    "FINISHING": "чистовая отделка",
    "DESIGN": "дизайнерский ремонт",
}
TYPES = {
    "APARTMENT": "квартира",
    "APARTMENTS": "апартаменты",
    "HOUSE": "дом",
    "TOWNHOUSE": "таунхаус",
    "ROOM": "комната",
    "COMMERCIAL": "помещение",
}


def person(rng: Random) -> str:
    """Return a person's name."""
    surname = rng.choice(SURNAMES)
    if rng.random() < 0.55:
        return f"{rng.choice(WOMEN)} {surname}а"
    return f"{rng.choice(MEN)} {surname}"


def phrases_of(rng: Random, phrases: tuple[str, ...], limit: int) -> list[str]:
    """Draw up to *limit* of the phrases, without repetition; the first ones are the most common."""
    count = rng.randint(0, limit)
    picked = rng.choices(phrases, weights=[1 / (index + 1) for index in range(len(phrases))], k=count)
    return list(dict.fromkeys(picked))


def title_of(kind: str, rooms: int | None, area: float | None) -> str:
    """
    >>> title_of("APARTMENT", 2, 54.0), title_of("APARTMENTS", 0, None), title_of("HOUSE", 5, 180.5)
    ('2-комн. квартира, 54 м²', 'Студия, апартаменты', 'Дом, 180,5 м²')
    """
    word = TYPES[kind]
    if kind in ("APARTMENT", "APARTMENTS") and rooms is not None:
        word = f"{rooms}-комн. {word}" if rooms else ("Студия" if kind == "APARTMENT" else f"Студия, {word}")
    size = [] if area is None else [f"{area:.1f} м²".replace(".0 ", " ").replace(".", ",")]
    return ", ".join([word[0].upper() + word[1:], *size])


def sentence(parts: list[str]) -> str | None:
    """
    >>> sentence(["вид на парк", "консьерж"]), sentence([])
    ('Вид на парк, консьерж.', None)
    """
    text = ", ".join(parts)
    return text[0].upper() + text[1:] + "." if text else None
