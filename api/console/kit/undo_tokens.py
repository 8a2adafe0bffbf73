"""
Tokens that name an action to undo: an archived row, a completed match, a task, a document, one side's last action on a
pair, or an action on several rows.
"""

import base64
import re
from typing import NamedTuple

from models.core.enums import Side

TOKEN = re.compile(r"(lead|property|match|task|document)-([0-9]{1,18})|(LEAD|PROPERTY)-([0-9]{1,18})-([0-9]{1,18})")


#: The maximum number of rows of one bulk action.
MAX_SEVERAL = 100
#: The side of the rows; the action (a move, a tag or a change of prices); the tag, or the moment of the change; the
#: ids.
SEVERAL = re.compile(
    r"(LEAD|PROPERTY)-(archived|restored|tagged|untagged|priced)-([0-9a-f]{0,400})-([0-9]{1,18}(?:\.[0-9]{1,18}){0,99})"
)


#: A removed photo: the property, the photo's position, its kind, its address.
PHOTO = re.compile(r"photo-([0-9]{1,18})-([0-9]{1,2})-(photo|plan|floor_plan|facade)-([A-Za-z0-9_-]{4,2800}={0,2})")


def undo_of_several(side: Side, done: str, tag: str, ids: list[int]) -> str:
    """The token that undoes an action on several rows: archived, restored, tagged or untagged.

    >>> undo_of_several(Side.LEAD, "archived", "", [3, 7])
    'LEAD-archived--3.7'
    >>> read_several(undo_of_several(Side.PROPERTY, "tagged", "срочно", [5]))
    (<Side.PROPERTY: 'PROPERTY'>, 'tagged', 'срочно', [5])
    """
    return f"{side}-{done}-{tag.encode().hex()}-{'.'.join(map(str, ids))}"


def read_several(token: str) -> tuple[Side, str, str, list[int]] | None:
    """
    The contents of a token of :func:`undo_of_several`; None if it is not one, or has a tag that no row may have.

    >>> read_several("LEAD-tagged-00-3")
    """
    match = SEVERAL.fullmatch(token)
    if match is None:
        return None
    try:
        tag = bytes.fromhex(match[3]).decode()
    except ValueError:
        return None
    return (Side(match[1]), match[2], tag, [*map(int, match[4].split("."))]) if tag.isprintable() else None


class PhotoToken(NamedTuple):
    """A photo that was removed from a property: its position, kind and address."""

    property_id: int
    position: int
    kind: str
    link: str


def undo_of_photo(property_id: int, position: int, kind: str, link: str) -> str:
    """The token that restores a photo.

    >>> read_photo(undo_of_photo(7, 2, "floor_plan", "/media/abc.jpg"))
    PhotoToken(property_id=7, position=2, kind='floor_plan', link='/media/abc.jpg')
    """
    return f"photo-{property_id}-{position}-{kind}-{base64.urlsafe_b64encode(link.encode()).decode()}"


def read_photo(token: str) -> PhotoToken | None:
    """
    The contents of a token of :func:`undo_of_photo`; None if it is not one, or has an address that a property may not
    have.

    >>> read_photo("photo-7-2-plan-aHR0cDovL3gueQ=="), read_photo("photo-7-2-plan-!")
    (None, None)
    """
    match = PHOTO.fullmatch(token)
    if match is None:
        return None
    try:
        link = base64.urlsafe_b64decode(match[4]).decode()
    except ValueError:
        return None
    known = link.startswith(("https://", "/media/")) and link.isprintable() and not set(link) & set(" \"'<>\\")
    return PhotoToken(int(match[1]), int(match[2]), match[3], link) if known else None


def undo_of_action(side: Side, lead_id: int, property_id: int) -> str:
    """The token that undoes one side's last action on a pair.

    >>> undo_of_action(Side.LEAD, 3, 7)
    'LEAD-3-7'
    """
    return f"{side}-{lead_id}-{property_id}"


def known_token(token: str | None) -> str | None:
    """The token itself if it is valid, so that links cannot put other text into our forms."""
    return token if token and (TOKEN.fullmatch(token) or read_several(token) or read_photo(token)) else None
