"""An example for every schema of the document, generated from the schema, so that it is always valid."""

from collections.abc import Mapping
from typing import Any

from api.http.openapi_shapes import SCHEMAS

#: Examples by field name, for fields whose generated values would be meaningless. Ignored if they do not match the
#: field's type.
BY_NAME: dict[str, tuple[Any, ...]] = {
    "access_token": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",),
    "token_type": ("bearer",),
    "city": ("Алматы",),
    "district": ("Медеуский",),
    "districts": (["Медеуский"],),
    "street": ("проспект Абая",),
    "house_number": ("10",),
    "location": ("Алматы, проспект Абая, 10",),
    "metro_stations": (["Абай"],),
    "metro_station": ("Абай",),
    "name": ("Айгуль Сатпаева",),
    "client_name": ("Пётр",),
    "first_name": ("Айгуль",),
    "last_name": ("Сатпаева",),
    "email": ("aigul@example.com",),
    "username": ("aigul@example.com",),
    "password": ("correct horse battery",),
    "phone": ("+77011234567",),
    "telegram_id": ("424242",),
    "title": ("Двухкомнатная квартира у парка",),
    "description": ("Тихий двор, рядом парк.",),
    "message": ("Здравствуйте! Квартира ещё продаётся?",),
    "price": (45000000, "45000000.00"),
    "min": (50,),
    "max": (70,),
    "price_min": (30000000,),
    "price_max": (50000000,),
    "area_min": (50,),
    "area_max": (70,),
    "area": (60,),
    "rooms": (2, [2], "1,2"),
    "floor": (5,),
    "total_floors": (9,),
    "latitude": (43.238949,),
    "longitude": (76.889709,),
    "currency": ("KZT",),
    "photos": (["https://example.com/1.jpg"],),
    "match_score": (87.5,),
    "page": (1,),
    "total": (1,),
    "deal_format": ("купить", "хочу купить"),
    "kind": ("balcony",),
    "value": (True,),
    "label": ("balcony or loggia",),
    "telegram_auth_data": ("user=%7B%22id%22%3A424242%7D&auth_date=1764400000&hash=5f2b",),
    "construction_year": (2020,),
    "entry_year": (2020,),
    "year_built": (2015,),
}
BY_FORMAT = {
    "date-time": "2026-11-30T12:00:00.000000Z",
    "date": "2026-11-30",
    "uuid": "0193a0b4-7c1e-7000-8000-000000000000",
    "email": "aigul@example.com",
    "phone": "+77011234567",
    "uri": "https://example.com/1",
    "url": "https://example.com/1",
    "binary": "(the file)",
    "town": "Алматы",
    "address": "Алматы, проспект Абая, 10",
    "deal-word": "купить",
    "property-word": "квартира",
    "currency-word": "KZT",
    "rooms-word": "2",
}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
    "boolean": bool,
    "object": dict,
}


def add_examples(schemas: dict[str, Any]) -> None:
    """Add an example to each schema without one."""
    made = {name: example_of(schema, schemas) for name, schema in schemas.items()}
    for name, schema in schemas.items():
        schema.setdefault("examples", [made[name]])


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """
    A value that *schema* allows.

    >>> example_of({"type": "object", "properties": {"city": {"type": "string"}, "n": {"type": "integer"}}}, {})
    {'city': 'Алматы', 'n': 1}
    """
    if "$ref" in schema:
        target = schemas[schema["$ref"].removeprefix(SCHEMAS)]
        return target["examples"][0] if "examples" in target else example_of(target, schemas, name, depth)
    if "example" in schema:
        return schema["example"]
    if "examples" in schema:
        return schema["examples"][0]
    kinds = schema.get("type", [])
    kind = next((each for each in ([kinds] if isinstance(kinds, str) else kinds) if each != "null"), None)
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema and kind != "object":
            return example_of(schema[several][0], schemas, name, depth)
    for example in BY_NAME.get(name, ()):
        if kind is None or (isinstance(example, _TYPES[kind]) and (kind == "boolean" or not isinstance(example, bool))):
            if _fits(example, schema):
                return example
    return _made(kind, schema, schemas, depth)


def _made(kind: str | None, schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    if kind == "object":
        parts = schema.get("properties", {})
        shown = parts if depth < 6 else {each: parts[each] for each in schema.get("required", ())}
        return {each: example_of(part, schemas, each, depth + 1) for each, part in shown.items()}
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas, depth=depth + 1)] if depth < 6 else []
    if kind in ("integer", "number"):
        minimum = schema.get("minimum", 1)
        value = max(1, minimum) if schema.get("maximum", 1) >= 1 else minimum
        return int(value) if value == int(value) else value
    if kind == "boolean":
        return True
    if kind is None:
        return {}
    text = BY_FORMAT.get(schema.get("format", ""), "7" if schema.get("pattern", "").startswith("^[1-9]") else "text")
    if schema.get("pattern", "").startswith("^[0-9]{1,19}-"):
        text = "1764400000000-0"
    return text.ljust(schema.get("minLength", 0), "x")


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    if isinstance(value, list):
        return schema.get("items", {}).get("type") in (None, *(_name(each) for each in value))
    return not isinstance(value, str) or len(value) >= schema.get("minLength", 0)


def _name(value: Any) -> str:
    return next(name for name, kind in _TYPES.items() if isinstance(value, kind))
