"""Workbooks, as agencies keep them."""

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook

from tests.models.sources.unseen.cases import OFF, Case, refused
from tests.models.sources.unseen.table_cases import BASE, HEAD, WHOLE

ROW: tuple[Any, ...] = (17, 5400000, 2, 54.3, 3, 9, "Самара, улица Победы, 10")


def workbook(*lines, arrange: Callable[[Workbook, Any], None] = lambda book, sheet: None) -> bytes:
    book = Workbook()
    sheet = book.active
    for line in lines:
        sheet.append(line)
    arrange(book, sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xlsx(name, expected, *lines, arrange=lambda book, sheet: None, **more):
    return Case(name, workbook(*lines, arrange=arrange), expected, kind="xlsx", **more)


def _cover_sheet(book, sheet):
    cover = book.create_sheet("Обложка", 0)
    cover.append(["Агентство «Дом»"])
    cover.append(["Телефон", "+7 846 555-12-34"])


def _second_sheet(book, sheet):
    other = book.create_sheet("Архив")
    other.append(HEAD)
    other.append((99, *ROW[1:]))


def _merged_title(book, sheet):
    sheet.insert_rows(1, 2)
    sheet["A1"] = "Наши объекты на 20.11.2026"
    sheet.merge_cells("A1:G1")


def _hidden_row(book, sheet):
    sheet.row_dimensions[3].hidden = True


def _zeros(book, sheet):
    sheet["A2"].number_format = "000000"


def _money(book, sheet):
    sheet["B2"].number_format = '#,##0.00 "₽"'


def _trailing_format(book, sheet):
    for line in range(3, 200):
        sheet.cell(line, 30).number_format = "0.00"


XLSX_CASES = (
    xlsx("xlsx plain", WHOLE, HEAD, ROW),
    xlsx("xlsx numbers as text", WHOLE, HEAD, ("17", "5 400 000", "2", "54,3", "3", "9", ROW[6])),
    xlsx("xlsx a cover sheet first", WHOLE, HEAD, ROW, arrange=_cover_sheet),
    xlsx("xlsx a second sheet of the same kind", WHOLE, HEAD, ROW, arrange=_second_sheet),
    xlsx("xlsx merged title", WHOLE, HEAD, ROW, arrange=_merged_title),
    xlsx("xlsx hidden row", {"17": BASE, "18": BASE}, HEAD, ROW, (18, *ROW[1:]), arrange=_hidden_row),
    xlsx("xlsx ids with zeros by format", {"000017": BASE}, HEAD, ROW, arrange=_zeros),
    xlsx("xlsx money by format", WHOLE, HEAD, ROW, arrange=_money),
    xlsx("xlsx formats far below and right", WHOLE, HEAD, ROW, arrange=_trailing_format),
    xlsx(
        "xlsx dates that were 3/9",
        {"17": BASE | {"floor": None, "total_floors": None}},
        ("ID", "Цена", "Комнат", "Площадь", "Этаж/этажность", "Адрес"),
        (17, 5400000, 2, 54.3, datetime(2026, 9, 3), ROW[6]),
        guessed=("floor",),
    ),
    xlsx(
        "xlsx formulas",
        {"17": BASE | {"description": "=1+1"}},
        (*HEAD, "Описание"),
        (*ROW, "=1+1"),
    ),
    xlsx(
        "xlsx a total by formula at the end",
        {"17": BASE, "18": BASE},
        HEAD,
        ROW,
        (18, *ROW[1:]),
        ("ИТОГО", "=SUM(B2:B3)", None, "=SUM(D2:D3)"),
    ),
    xlsx(
        "xlsx a note at the end",
        WHOLE,
        HEAD,
        ROW,
        (),
        ("Цены действительны до конца месяца",),
        city="Самара",
    ),
    xlsx(
        "xlsx sections of one sheet",
        {"17": BASE, "18": BASE | {"rooms": 3}},
        HEAD,
        ("Двухкомнатные квартиры",),
        ROW,
        ("Трёхкомнатные квартиры",),
        (18, 5400000, 3, *ROW[3:]),
    ),
    xlsx(
        "xlsx header of two rows with merged groups",
        {"17": BASE | {"kitchen_area": "9.5"}},
        ("ID", "Цена", "Комнат", "Площадь", None, "Этаж", None, "Адрес"),
        (None, None, None, "общая", "кухни", "этаж", "этажность", None),
        (17, 5400000, 2, 54.3, 9.5, 3, 9, ROW[6]),
    ),
    xlsx(
        "xlsx booleans, dates and statuses",
        {"17": BASE | {"facts": {"lift": True}}, "18": OFF, "19": BASE | {"year_built": 1987}},
        (*HEAD, "Лифт", "Действует до", "Статус", "Год постройки"),
        (*ROW, True, date(2099, 1, 1), "Активен", None),
        (18, *ROW[1:], False, date(2020, 1, 1), "Активен", None),
        (19, *ROW[1:], None, None, None, 1987),
    ),
    xlsx(
        "xlsx errors of formulas",
        {"17": BASE, "18": refused("price")},
        (*HEAD, "Описание"),
        (*ROW, "#N/A"),
        (18, "#REF!", *ROW[2:], None),
    ),
    xlsx("xlsx without rows", {}, HEAD),
    xlsx("xlsx an empty sheet", {}, fails="*"),
)
