"""Adapt the document to client generators: named enumerations and objects, response objects that allow more fields.

Pure functions on the parts of an OpenAPI 3.1 document, which they change in place.
"""

import json
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

SCHEMAS = "#/components/schemas/"

#: Names of enumerations that have no class of ours, or whose class name is too short to be clear to clients.
NAMES: dict[frozenset[str], str] = {
    frozenset(words.split()): name
    for name, words in {
        "MarketStatus": "ACTIVE ARCHIVED",
        "ListingDealType": "rent sale",
        "ListingType": "flat house room commercial",
        "WantedPropertyType": "APARTMENT HOUSE TOWNHOUSE",
        "OfferedPropertyType": "APARTMENT HOUSE TOWNHOUSE APARTMENTS",
        "SignUpRole": "agent landlord tenant",
        "AccountRole": "tenant landlord agent admin operator marketer",
        "PortalSignUpRole": "user realtor developer agency",
        "MessageSender": "bot lead human",
        "CampaignStatus": "draft active paused completed",
        "AdvertisingPlatform": "olx kaspi telegram whatsapp avito cian vk yandex",
        "IdentifierState": "proven claimed suspended",
        "IdentifierKind": "phone email telegram password",
        "PlaceScope": "only near",
        "WishStrength": "must wish soft",
        "WishSource": "stated text",
        "GrantType": "password",
        "FeedAction": "like dislike favorite",
        "RecommendationAction": "LIKE DISLIKE",
        "LeadgenEvent": "campaign.status campaign.stats lead.created lead.status hello gap",
    }.items()
}


def name_shapes(schemas: dict[str, Any], paths: dict[str, Any]) -> None:
    """
    Move enumerations and objects that are nested in other schemas into components of their own.

    A nullable part becomes `anyOf` of a reference and null, for which client generators create one type.
    """
    for name in list(schemas):
        for key, part in list(_parts(schemas[name])):
            _lift(schemas[name], key, part, f"{name}_{key[-1]}", schemas)
    for path, operations in paths.items():
        for method, operation in operations.items():
            if isinstance(operation, dict):
                for key, part in list(_parts(operation)):
                    _lift(operation, key, part, operation.get("operationId", f"{method}_{path}"), schemas)
                for parameter in operation.get("parameters", ()):
                    if isinstance(parameter, dict) and isinstance(parameter.get("schema"), dict):
                        _lift(parameter, ("schema",), parameter["schema"], parameter.get("name", ""), schemas)


def open_answers(schemas: dict[str, Any], request_schemas: set[str]) -> None:
    """Allow more fields in response-only objects: we add some without a new version, and clients must accept them."""
    for name, schema in schemas.items():
        if name not in request_schemas and "properties" in schema:
            schema.pop("additionalProperties", None)


def describe_defaults(schemas: dict[str, Any], request_schemas: set[str]) -> None:
    """State in words the default of a body's field: openapi-typescript makes a field with a `default` required."""
    for name in request_schemas:
        for field in schemas[name].get("properties", {}).values():
            if "default" in field:
                default = json.dumps(field.pop("default"), ensure_ascii=False)
                field["description"] = " ".join(filter(None, (field.get("description"), f"By default {default}.")))


def _parts(schema: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """(location, schema) of the schemas within a schema or operation, the innermost first."""
    if isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from _parts(part, (*path, index))
    if not isinstance(schema, dict):
        return
    for key, part in schema.items():
        if key in ("example", "examples", "headers", "parameters", "not"):
            continue
        yield from _parts(part, (*path, key))
    if path and path[-1] != "properties" and (isinstance(schema.get("enum"), list) or _is_object(schema)):
        yield path, schema


def _is_object(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "object" and isinstance(schema.get("properties"), dict)


def _lift(whole: Any, path: tuple[Any, ...], part: dict[str, Any], name: str, schemas: dict[str, Any]) -> None:
    if "$ref" in part or ("oneOf" in path or "anyOf" in path) and "properties" in path:
        return  # a condition on the enclosing object is not a type
    words = part.get("enum")
    if words is None and not _is_object(part):
        return
    if words is None:
        reference = _named(_title(name), part, schemas)
        replaced: dict[str, Any] = {"$ref": SCHEMAS + reference}
    else:
        texts = [word for word in words if word is not None]
        if not texts or not all(isinstance(word, str) for word in texts) or "null" == part.get("type"):
            return
        reference = _named(_enum_name(texts, name), {"type": "string", "enum": texts}, schemas)
        replaced = {"$ref": SCHEMAS + reference}
        if len(texts) < len(words) or "null" in part.get("type", ()):
            replaced = {"anyOf": [replaced, {"type": "null"}]}
        replaced |= {key: part[key] for key in ("description", "default", "example") if key in part}
    for key in path[:-1]:
        whole = whole[key]
    whole[path[-1]] = replaced


def _named(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A component's name for *schema*: *name* itself, or *name* with a number if another schema already has it."""
    number, free = 1, name
    while free in schemas and _bare(schemas[free]) != _bare(schema):
        number += 1
        free = f"{name}{number}"
    schemas.setdefault(free, schema)
    return free


def _bare(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    words = schema.get("enum")
    return {"enum": sorted(words)} if words else schema


def _enum_name(words: list[str], otherwise: str) -> str:
    known = NAMES.get(frozenset(words))
    return known or _classes().get(frozenset(words)) or _title(otherwise)


def _classes() -> dict[frozenset[str], str]:
    """
    The names of our enumerations by their words; of two enumerations with the same words, the alphabetically first.
    """
    ours = {each.__name__: each for each in StrEnum.__subclasses__() if each.__module__.startswith("models.")}
    return {frozenset(map(str, ours[name])): name for name in sorted(ours, reverse=True)}


def _title(name: str) -> str:
    """
    >>> _title("LeadRow_warnings"), _title("post_api_leads_import")
    ('LeadRowWarnings', 'PostApiLeadsImport')
    """
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name) if part)
