"""Clients' requests in tables, their wishes in words."""

from tests.models.sources.unseen.cases import Case, refused
from tests.models.sources.unseen.table_cases import rows


def leads(name, expected, *lines, encoding="utf-8", **more):
    return Case(name, rows(*lines).encode(encoding), expected, kind="csv", of_leads=True, **more)


LEAD_CASES = (
    leads(
        "leads plain",
        {
            "1": {
                "client_name": "Иванов Пётр",
                "budget_max": "8000000",
                "rooms": [2],
                "city": "Самара",
                "additional_requirements": "кухня от 9 м, не первый этаж",
            }
        },
        ("№", "Клиент", "Телефон", "Бюджет", "Комнат", "Город", "Пожелания"),
        ("1", "Иванов Пётр", "+7 927 555-12-34", "8 000 000", "2", "Самара", "кухня от 9 м, не первый этаж"),
    ),
    leads(
        "leads budgets as people write them",
        {
            "1": {"budget_max": "8000000", "budget_min": None},
            "2": {"budget_min": "5000000", "budget_max": "7000000"},
            "3": {"budget_max": "12000000"},
            "4": {"budget_min": "3000000", "budget_max": None},
            "5": refused("budget"),
            "6": {"budget_max": "4500000"},
        },
        ("ID", "ФИО клиента", "Бюджет, руб.", "Кол-во комн.", "Город"),
        ("1", "А", "до 8 млн", "1", "Самара"),
        ("2", "Б", "5-7 млн", "1-2", "Самара"),
        ("3", "В", "12 млн руб", "2", "Самара"),
        ("4", "Г", "от 3 000 000", "2", "Самара"),
        ("5", "Д", "как договоримся", "2", "Самара"),
        ("6", "Е", "не более 4,5 млн", "2", "Самара"),
    ),
    leads(
        "leads cp1251 with other headers",
        {
            "1": {
                "budget_max": "60000",
                "deal_type": "RENT",
                "city": "Самара",
                "additional_requirements": "можно с кошкой",
            }
        },
        ("ID", "Имя", "Тел.", "Макс. цена", "Сделка", "Нас. пункт", "Комментарий"),
        ("1", "Ольга", "89275551234", "60 000", "снять", "Самара", "можно с кошкой"),
        encoding="cp1251",
    ),
    leads(
        "leads with a town by option and areas",
        {"1": {"area_min": "50", "additional_requirements": "рядом школа"}, "2": {"area_min": "40", "area_max": "60"}},
        ("ID", "Заявка от", "Цена до", "Площадь", "Хочет"),
        ("1", "Анна", "5 млн", "50", "рядом школа"),
        ("2", "Олег", "5 млн", "40-60 м2", "рядом парк"),
        city="Казань",
    ),
)
