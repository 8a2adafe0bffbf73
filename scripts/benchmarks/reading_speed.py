"""The CPU cost of reading: ``python -m scripts.benchmarks.reading_speed [--texts 20000] [--profile]``.

Each text consists of random sentences about homes (with a fixed seed), known and unknown to the grammar, until it has
700 characters; so about a third of the words are in the grammar, as in real descriptions.
"""

import argparse
import cProfile
import pstats
import random
import time
from collections.abc import Callable

from matching.reading.lead_text import read_wishes
from matching.reading.listing_text import read_facts

CHARACTERS = 700
_INFORMATIVE = (
    "Продаётся двухкомнатная квартира на {a} этаже {b}-этажного дома {year} года постройки.",
    "Кухня {a} м², санузел раздельный, есть застеклённый балкон.",
    "Комнаты изолированные, окна выходят во двор и на улицу, потолки 2,{a} м.",
    "До метро {b} минут пешком, рядом школа, детский сад и парк.",
    "Один взрослый собственник, обременений нет, подходит под ипотеку.",
    "Сдаётся на длительный срок, без животных, комиссия {c} %, залог за месяц.",
    "Остаётся мебель и техника: холодильник, стиральная машина, посудомойки нет.",
    "Дом кирпичный, лифта нет, парковка во дворе, консьерж.",
)
_PLAIN = (
    "Предлагаем вашему вниманию прекрасный вариант для тех, кто ценит уют и комфорт.",
    "Отличная транспортная доступность: удобный выезд на основные магистрали столицы, номер {phone}.",
    "Жители ценят это место за зелень, воздух и хороших соседей, здесь приятно возвращаться вечером.",
    "Звоните, покажем в любое удобное время, ответим на вопросы и поможем оформить бумаги.",
    "Светлая, тёплая, ухоженная, всё поменяно: проводка, трубы, радиаторы, входная дверь, полы.",
    "Рядом расположены поликлиника, рестораны, кафе, банк, почта, а также набережная и стадион.",
    "Уникальное предложение по цене {price} рублей, торопитесь, количество показов ограничено.",
)
_LEAD = "не первый и не последний этаж, можно с кошкой, без посредников, кухня от {a} метров, желательно балкон"


def texts(count: int, seed: int = 7) -> list[str]:
    """*count* descriptions of CHARACTERS characters."""
    choose = random.Random(seed)
    made = []
    for _ in range(count):
        text = ""
        while len(text) < CHARACTERS:
            sentence = choose.choice(_INFORMATIVE if choose.random() < 0.5 else _PLAIN)
            text += " " + _filled(sentence, choose)
        made.append(text[1 : CHARACTERS + 1])
    return made


def _filled(sentence: str, choose: random.Random) -> str:
    return sentence.format(
        a=choose.randint(2, 9),
        b=choose.randint(9, 25),
        c=choose.randrange(10, 100, 10),
        year=choose.randint(1950, 2024),
        phone=choose.randint(79000000000, 79999999999),
        price=choose.randint(1000000, 90000000),
    )


def cpu_seconds(read: Callable[[str], object], of: list[str]) -> float:
    """The CPU seconds of reading every text once."""
    started = time.process_time()
    for text in of:
        read(text)
    return time.process_time() - started


def main() -> None:
    """Print the cost of a start, of 100,000 descriptions, and of one lead's text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    choose = random.Random(1)
    descriptions = texts(arguments.texts)
    leads = [_filled(_LEAD, choose) for _ in range(2_000)]
    print(
        f"first reading, grammar made: {cpu_seconds(read_wishes, leads[:1]) + cpu_seconds(read_facts, leads[:1]):.2f} s"
    )
    if arguments.profile:
        profile = cProfile.Profile()
        profile.runcall(cpu_seconds, read_facts, descriptions)
        pstats.Stats(profile).sort_stats("tottime").print_stats(16)
        return
    spent = cpu_seconds(read_facts, descriptions)
    facts = sum(len(read_facts(text)) for text in descriptions[:500]) / 500
    each = spent / len(descriptions)
    print(f"descriptions of {CHARACTERS} characters, {facts:.1f} facts each: {each * 1e5:.1f} s per 100,000")
    print(f"a lead's text: {cpu_seconds(read_wishes, leads) / len(leads) * 1e3:.3f} ms")


if __name__ == "__main__":
    main()
