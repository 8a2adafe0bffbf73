"""Contents of cells as people write them."""

from tests.models.sources.unseen.cases import OFF, refused
from tests.models.sources.unseen.table_cases import BASE, HEAD, ONE, WHOLE, table

CELL_CASES = (
    table(
        "csv amounts as people write them",
        {
            "1": {"price": "12500000"},
            "2": {"price": "12500000"},
            "3": {"price": "5400000"},
            "4": {"price": "5400000"},
            "5": refused("price"),
            "6": refused("price"),
            "7": {"price": "5400000"},
            "8": refused("price"),
            "9": refused("price"),
            "10": {"price": "5400000"},
        },
        HEAD,
        *(
            (str(n), price, *ONE[2:])
            for n, price in enumerate(
                (
                    "12,5 млн",
                    "12 500 000 ₽",
                    "5\u00a0400\u00a0000,00",
                    "5400 тыс. руб.",
                    "45,000",
                    "договорная",
                    "5.400.000",
                    "",
                    "0",
                    "5'400'000 р.",
                ),
                1,
            )
        ),
    ),
    table(
        "csv rooms as people write them",
        {
            "1": {"rooms": 2},
            "2": {"rooms": 0},
            "3": {"rooms": 3},
            "4": {"rooms": 1},
            "5": {"rooms": 2},
            "6": {"rooms": 0},
            "7": {"rooms": 1},
        },
        HEAD,
        *(
            (str(n), ONE[1], text, *ONE[3:])
            for n, text in enumerate(("2-комн.", "студия", "3-х комнатная", "1к", "двухкомнатная", "ст", "однушка"), 1)
        ),
    ),
    table(
        "csv floor of floors in one cell",
        {"1": BASE, "2": BASE, "3": BASE | {"floor": 9}, "4": BASE | {"floor": None}},
        ("ID", "Цена", "Комнат", "Площадь", "Этаж/этажность", "Адрес"),
        ("1", *ONE[1:4], "3/9", ONE[6]),
        ("2", *ONE[1:4], "3 из 9", ONE[6]),
        ("3", *ONE[1:4], "9/9 эт.", ONE[6]),
        ("4", *ONE[1:4], "-/9", ONE[6]),
    ),
    table(
        "csv dates that were 3/9",
        {"1": BASE | {"floor": None, "total_floors": None}, "2": BASE},
        ("ID", "Цена", "Комнат", "Площадь", "Этаж", "Адрес"),
        ("1", *ONE[1:4], "03.сен", ONE[6]),
        ("2", *ONE[1:4], "3/9", ONE[6]),
        guessed=("floor",),
    ),
    table(
        "csv areas in one cell",
        {"1": BASE | {"living_area": "30", "kitchen_area": "9"}},
        ("ID", "Цена", "Комнат", "Площадь (общ/жил/кух)", "Этаж", "Этажность", "Адрес"),
        ("1", ONE[1], ONE[2], "54,3/30/9", *ONE[4:]),
    ),
    table(
        "csv formulas as text",
        {"17": BASE | {"description": '=HYPERLINK("http://x.example")'}},
        (*HEAD, "Описание"),
        (*ONE, '"=HYPERLINK(""http://x.example"")"'),
    ),
    table(
        "csv numbers in formulas of text",
        {"007": BASE},
        HEAD,
        ('="007"', *ONE[1:]),
    ),
    table(
        "csv types and deals",
        {
            "1": {"property_type": "HOUSE", "deal_type": "SALE"},
            "2": {"property_type": "APARTMENT", "deal_type": "RENT", "price": "45000"},
            "3": {"property_type": "ROOM", "deal_type": "SALE"},
            "4": refused("type"),
            "5": refused("type"),
            "6": {"facts": {"share": True}},
            "7": {"property_type": "COMMERCIAL"},
            "8": {"property_type": "TOWNHOUSE"},
            "9": {"property_type": "APARTMENT", "rooms": 0},
            "10": {"deal_type": "RENT", "per_day": True, "price": "3000"},
            "11": {"property_type": "APARTMENTS"},
        },
        ("ID", "Тип объекта", "Тип сделки", "Цена", "Площадь", "Адрес"),
        ("1", "Дом", "Продажа", "9000000", "120", ONE[6]),
        ("2", "Квартира", "Аренда", "45000", "40", ONE[6]),
        ("3", "Комната", "продам", "1500000", "14", ONE[6]),
        ("4", "Гараж", "Продажа", "700000", "18", ONE[6]),
        ("5", "Земельный участок", "Продажа", "700000", "800", ONE[6]),
        ("6", "Доля в квартире", "Продажа", "700000", "20", ONE[6]),
        ("7", "Офис", "Продажа", "7000000", "80", ONE[6]),
        ("8", "Таунхаус", "Продаётся", "7000000", "80", ONE[6]),
        ("9", "Студия", "Продажа", "3000000", "25", ONE[6]),
        ("10", "Квартира", "Посуточно", "3000", "40", ONE[6]),
        ("11", "Апартаменты", "Продажа", "3000000", "40", ONE[6]),
    ),
    table(
        "csv statuses",
        {"1": BASE, "2": OFF, "3": OFF, "4": OFF, "5": BASE, "6": OFF, "7": OFF, "8": BASE, "9": OFF},
        (*HEAD, "Статус"),
        *(
            (str(n), *ONE[1:], status)
            for n, status in enumerate(
                ("В продаже", "Продано", "Бронь", "Снят с продажи", "Активен", "Архив", "Аванс", "", "Задаток"), 1
            )
        ),
    ),
    table(
        "csv prices in thousands and millions",
        {"17": BASE},
        ("ID", "Цена, тыс. руб.", *HEAD[2:]),
        ("17", "5 400", *ONE[2:]),
    ),
    table("csv price in millions", {"17": BASE}, ("ID", "Цена (млн)", *HEAD[2:]), ("17", "5,4", *ONE[2:])),
    table(
        "csv price per metre alone",
        {"17": BASE | {"price": "5430000"}},
        ("ID", "Цена за м²", *HEAD[2:]),
        ("17", "100000", *ONE[2:]),
    ),
    table(
        "csv price beside the price per metre",
        WHOLE,
        ("ID", "Цена за м2", "Цена", *HEAD[2:]),
        ("17", "99448", *ONE[1:]),
    ),
    table(
        "csv price in dollars",
        {"17": BASE | {"currency": "USD", "price": "60000"}},
        ("ID", "Цена, $", *HEAD[2:]),
        ("17", "60 000", *ONE[2:]),
    ),
    table(
        "csv town by option",
        {"17": BASE | {"street": "ул. Победы"}},
        HEAD,
        (*ONE[:6], "ул. Победы, д. 10"),
        city="Самара",
    ),
    table(
        "csv town in a column",
        {"17": BASE},
        ("ID", "Цена", "Комнат", "Площадь", "Этаж", "Этажей", "Населённый пункт", "Улица", "№ дома"),
        (*ONE[:6], "г. Самара", "улица Победы", "10"),
    ),
    table(
        "csv several photos in a cell",
        {
            "17": BASE
            | {
                "photos": [
                    ("https://p.example/1.jpg", "photo"),
                    ("https://p.example/2.jpg", "photo"),
                    ("https://p.example/3.jpg", "photo"),
                ]
            }
        },
        (*HEAD, "Ссылки на фото"),
        (*ONE, '"https://p.example/1.jpg, https://p.example/2.jpg\nhttps://p.example/3.jpg"'),
    ),
)
