"""Spreadsheets as CSV, with headers as agencies write them."""

from tests.models.sources.unseen.cases import Case, refused


def rows(*lines, separator=";", end="\r\n"):
    return end.join(separator.join(line) for line in lines) + end


def table(name, expected, *lines, separator=";", end="\r\n", encoding="utf-8", before="", **more):
    text = before + rows(*lines, separator=separator, end=end)
    return Case(name, text.encode(encoding), expected, kind=more.pop("kind", "csv"), **more)


HEAD = ("ID", "Цена", "Комнат", "Площадь", "Этаж", "Этажность", "Адрес")
ONE = ("17", "5 400 000", "2", "54,3", "3", "9", "Самара, улица Победы, 10")
BASE = {
    "deal_type": "SALE",
    "property_type": "APARTMENT",
    "price": "5400000",
    "currency": "RUB",
    "rooms": 2,
    "area": "54.3",
    "floor": 3,
    "total_floors": 9,
    "city": "Самара",
    "street": "улица Победы",
    "house_number": "10",
}
WHOLE = {"17": BASE}


CSV_CASES = (
    table("csv plain", WHOLE, HEAD, ONE),
    table("csv cp1251", WHOLE, HEAD, ONE, encoding="cp1251"),
    table("csv UTF-8 with BOM", WHOLE, HEAD, ONE, encoding="utf-8-sig"),
    table("csv UTF-16 with tabs", WHOLE, HEAD, ONE, encoding="utf-16", separator="\t"),
    table("csv UTF-16 without a mark", WHOLE, HEAD, ONE, encoding="utf-16-le", separator="\t"),
    table("csv commas quoted", WHOLE, HEAD, tuple(f'"{cell}"' for cell in ONE), separator=","),
    table("csv bars", WHOLE, HEAD, ONE, separator="|"),
    table("csv sep=;", WHOLE, HEAD, ONE, before="sep=;\r\n"),
    table("csv sep= in quotes", WHOLE, HEAD, ONE, before='"sep=;"\r\n'),
    table("csv CR only", WHOLE, HEAD, ONE, end="\r"),
    table(
        "csv titles above the header",
        WHOLE,
        ("Агентство «Дом»", "", "", "", "", "", ""),
        ("Прайс на 20.11.2026", "", "", "", "", "", ""),
        ("", "", "", "", "", "", ""),
        HEAD,
        ONE,
    ),
    Case(
        "csv mixed line ends",
        (
            ";".join(HEAD)
            + "\n"
            + ";".join(ONE)
            + "\r\n"
            + ";".join(("18", *ONE[1:6], '"Самара, улица Победы, 11"'))
            + "\r"
        ).encode(),
        {"17": BASE, "18": BASE | {"house_number": "11"}},
        kind="csv",
    ),
    table(
        "csv a header of two rows",
        WHOLE,
        ("", "Стоимость", "", "Площадь, м²", "Этаж", "", "Расположение"),
        HEAD,
        ONE,
    ),
    table(
        "csv totals row at the end",
        {"17": BASE, "18": BASE | {"price": "6000000"}},
        HEAD,
        ONE,
        ("18", "6000000", *ONE[2:]),
        ("", "", "", "", "", "", ""),
        ("Итого:", "11 400 000", "", "108,6", "", "", ""),
    ),
    table(
        "csv count at the end",
        WHOLE,
        HEAD,
        ONE,
        ("Всего объектов: 1", "", "", "", "", "", ""),
    ),
    table(
        "csv a cell over 128 KB with line breaks",
        WHOLE,
        (*HEAD, "Описание"),
        (*ONE, '"' + ("Светлая квартира. " * 200 + "\n") * 60 + '"'),
    ),
    table(
        "csv header repeated between pages",
        {"17": BASE, "18": BASE},
        HEAD,
        ONE,
        HEAD,
        ("18", *ONE[1:]),
    ),
    table(
        "csv group titles between rows",
        {"17": BASE, "18": BASE},
        HEAD,
        ("2-комнатные квартиры", "", "", "", "", "", ""),
        ONE,
        ("Центр", "", "", "", "", "", ""),
        ("18", *ONE[1:]),
    ),
    Case(
        "csv English",
        (
            "external_id,price,rooms,area,floor,total_floors,address\n"
            '17,5400000,2,54.3,3,9,"Самара, улица Победы, 10"\n'
        ).encode(),
        WHOLE,
        kind="csv",
    ),
    table(
        "csv English as people write it",
        WHOLE,
        ("Ref No", "Asking price", "Number of rooms", "Total area (sqm)", "Floor", "Floors total", "Full address"),
        ONE,
    ),
    table("csv without prices", {}, ("ID", "Адрес", "Комнат"), ("1", "Самара", "2"), fails="*"),
    table("csv header alone", {}, HEAD),
    table(
        "csv short and long rows",
        {"1": {"price": "5400000", "area": None}, "2": BASE},
        HEAD,
        ("1", "5400000", "2", "", "", "", ONE[6]),
        ("2", *ONE[1:], "", "", ""),
    ),
    table(
        "csv repeated ids and bad floors",
        {"1": BASE, "1 again": refused("id"), "2": refused("floor")},
        HEAD,
        ("1", *ONE[1:]),
        ("1", *ONE[1:]),
        ("2", *ONE[1:4], "12", "9", ONE[6]),
    ),
    table(
        "csv unknown columns are told",
        WHOLE,
        (*HEAD, "Тел.", "Менеджер", "Знак зодиака"),
        (*ONE, "+7 846 555-12-34", "Иванова", "Овен"),
        ignored_fields=("Знак зодиака",),
    ),
    table(
        "csv mapping by hand",
        WHOLE,
        ("ID", "Ценник наш", *HEAD[2:]),
        ONE,
        mapping={"Ценник наш": "price"},
    ),
)
