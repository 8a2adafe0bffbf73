"""Whether an offer is on the market, from its status words and dates. The strictest of them decides."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from models.sources.formats.offer import Offer
from models.sources.formats.vocabulary import STATUSES, fold

#: Ways to write a date without a time, besides ISO 8601.
_DATES = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d", "%d/%m/%Y")


def set_status(offer: Offer, words: Iterable[str], expires: str | None = None, now: datetime | None = None) -> None:
    """
    Set the offer's state from the file's values.

    Words for sold, booked or withheld, unknown words, and a last day in the past take it off the market. A number
    beside a word is ignored; the word decides.
    """
    listed = list(words)
    named = [word for word in listed if not word.isdecimal()] or listed
    for word in named:
        known = STATUSES.get(fold(word))
        if known is not True:
            offer.on_market, offer.status = False, word
        elif offer.status is None:
            offer.status = word
        if known is None:
            offer.guess("status", "import.unknown_status", word)
    if expires and offer.on_market:
        moment = moment_of(expires)
        if moment is None:
            offer.guess("expires", "import.not_a_date", expires)
        elif moment < (now or datetime.now(UTC)):
            offer.on_market, offer.status = False, f"expired {expires}"


def moment_of(text: str) -> datetime | None:
    """
    The aware moment that a text names; for a date alone the end of the day; None if it names none.

    >>> moment_of("2026-01-31T12:00:00+03:00").isoformat(), moment_of("31.01.2026").date().isoformat()
    ('2026-01-31T12:00:00+03:00', '2026-01-31')
    """
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= 10:
            moment = _end_of(moment.date())
    except ValueError:
        for form in _DATES:
            try:
                moment = datetime.strptime(text, form)
            except ValueError:
                continue
            moment = _end_of(moment.date()) if "%H" not in form else moment
            break
        else:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)
