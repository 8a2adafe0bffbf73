"""Columns with the names that agencies use."""

from tests.models.sources.unseen.table_cases import BASE, HEAD, ONE, WHOLE, table


def abbreviated(header, value, expected, name=None):
    """A table with an additional column, with a name that an agency might use."""
    return table(f"csv column {name or header}", {"17": BASE | expected}, (*HEAD, header), (*ONE, value))


def renamed(column, header, name=None):
    """The plain table with another name for one of its columns."""
    head = (*HEAD[:column], header, *HEAD[column + 1 :])
    return table(f"csv header {name or header}", WHOLE, head, ONE)


#: Other names of the same columns: (column of HEAD, names).
SYNONYMS = (
    (0, ("№ объекта", "Код объекта", "Артикул", "Внешний ID", "Номер объявления", "Лот", "Id объекта")),
    (
        1,
        (
            "Стоимость",
            "Стоимость, руб.",
            "Цена, ₽",
            "Цена продажи",
            "Цена (руб)",
            "Прайс",
            "Стоим.",
            "Цена объекта",
            "ЦЕНА  ",
        ),
    ),
    (
        2,
        (
            "Кол-во комн.",
            "Кол-во комнат",
            "Количество комнат",
            "Комн.",
            "Число комнат",
            "К-во комнат",
            "Комнатность",
            "кол. комнат",
        ),
    ),
    (
        3,
        (
            "S общ",
            "S общ.",
            "Общая площадь",
            "Площадь общая, м2",
            "Общ. пл.",
            "Пл. общая",
            "S, м²",
            "Площадь, кв.м",
            "Общая S",
            "Площадь общая",
        ),
    ),
    (4, ("Эт.", "Эт", "этаж", "№ этажа", "Этаж расположения", "На каком этаже")),
    (
        5,
        (
            "Этажей",
            "Этажей в доме",
            "Эт-ть",
            "Всего этажей",
            "Кол-во этажей",
            "Этажность дома",
            "Эт. в доме",
            "Этажей всего",
        ),
    ),
    (6, ("Адрес объекта", "Полный адрес", "Местоположение", "Расположение", "Адр.", "Место нахождения")),
)
HEADER_CASES = tuple(renamed(column, name) for column, names in SYNONYMS for name in names)

COLUMN_CASES = (
    abbreviated("Кухня", "9,5", {"kitchen_area": "9.5"}),
    abbreviated("S кухни", "9,5", {"kitchen_area": "9.5"}),
    abbreviated("Пл. кухни", "9,5", {"kitchen_area": "9.5"}),
    abbreviated("Площадь кухни, м2", "9,5 м²", {"kitchen_area": "9.5"}),
    abbreviated("S жил.", "30", {"living_area": "30"}),
    abbreviated("Жилая площадь", "30", {"living_area": "30"}),
    abbreviated("Жил. пл.", "30", {"living_area": "30"}),
    abbreviated("Год постройки", "1987", {"year_built": 1987}),
    abbreviated("Год постр.", "1987 г.", {"year_built": 1987}),
    abbreviated("Год дома", "1987", {"year_built": 1987}),
    abbreviated("Описание", "Тихий двор", {"description": "Тихий двор"}),
    abbreviated("Примечание", "Собственник торгуется", {"description": None}),
    abbreviated("Текст объявления", "Тихий двор", {"description": "Тихий двор"}),
    abbreviated("Доп. информация", "Тихий двор", {"description": "Тихий двор"}),
    abbreviated("Балкон", "да", {"facts": {"balcony": True}}),
    abbreviated("Балкон/лоджия", "лоджия", {"facts": {"balcony": True}}),
    abbreviated("С/у", "разд.", {"facts": {"bathroom": "separate"}}),
    abbreviated("Санузел", "совмещенный", {"facts": {"bathroom": "combined"}}),
    abbreviated("Материал стен", "кирпич", {"facts": {"material": ["brick"]}}),
    abbreviated("Тип дома", "панель", {"facts": {"material": ["panel"]}}),
    abbreviated("Ремонт", "евро", {"facts": {"renovation": "euro"}}),
    abbreviated("Состояние", "требует ремонта", {"facts": {"renovation": "rough"}}),
    abbreviated("Район", "Железнодорожный", {"district": "Железнодорожный"}),
    abbreviated("Р-н", "Железнодорожный", {"district": "Железнодорожный"}),
    abbreviated("Метро", "Московская", {"stations": [("Московская", None, False)]}),
    abbreviated("Станция метро", "м. Московская, 5 мин пешком", {"stations": [("Московская", 5, False)]}),
    abbreviated("Лифт", "есть", {"facts": {"lift": True}}),
    abbreviated("Высота потолков", "2,7 м", {"facts": {"ceiling_height": 2.7}}),
    abbreviated("Широта", "53,2", {"latitude": None}, "Широта without longitude"),
)
