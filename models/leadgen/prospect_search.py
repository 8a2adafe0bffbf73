"""Finding prospects by words, newest or best first."""

from typing import Any

from sqlalchemy import Select, and_, func, or_

from models.leadgen.prospects import Prospect, prospects

#: Phones are searched by at least this many digits; fewer occur in most phones.
MIN_DIGITS = 4


def search_prospects(words: str = "", *, best_first: bool = False, **filters: Any) -> Select[Prospect]:
    """
    Select the prospects that :func:`prospects` selects and that *words* find: each word is in the name, the notes or
    the account, or all digits together are in the phone.

    Args:
        best_first: By quality, those without a score last, instead of newest first.
    """
    query = prospects(**filters)
    if words.strip():
        texts = func.lower(func.concat_ws(" ", Prospect.name, Prospect.notes, Prospect.platform_user_id))
        fits = and_(*(texts.contains(word, autoescape=True) for word in words.lower().split()))
        digits = "".join(filter(str.isdigit, words))
        digits = "7" + digits[1:] if len(digits) == 11 and digits.startswith("8") else digits
        query = query.where(or_(fits, Prospect.phone.contains(digits)) if len(digits) >= MIN_DIGITS else fits)
    if best_first:
        newest = (Prospect.created_at.desc(), Prospect.id.desc())
        query = query.order_by(None).order_by(Prospect.quality_score.desc().nulls_last(), *newest)
    return query
