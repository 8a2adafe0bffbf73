"""
Read a client's message as the body of a lead, or a listing's text as a property. Contacts are moved to the contact
fields. Text that was not understood is kept in the private notes: nobody has checked it, so no other realtor may see
it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api.exchange.understand import lead_answer, understand_request
from matching.reading.person_names import is_person_name
from matching.reading.request_text import RequestReading
from matching.reading.uses import dots_within_sentences

#: Phones of eleven digits or with a country code, e-mail addresses and Telegram names. Sums of money do not match.
_CONTACT = re.compile(
    r"(?<!\d)(?:\+\d{1,3}|[78])[\s(\-]{0,3}\d{3}[\s)\-]{0,3}\d{3}[\s\-]?\d{2}[\s\-]?\d{2}(?!\d)"
    r"|[^\s,;<>@]{1,64}@[^\s,;<>@]{1,255}\.\w+|(?<![\w.])@[A-Za-z]\w{3,31}|(?:https?://)?t\.me/\w{4,32}"
)
#: Words that only announce a phone and are useless once the phone is in its field.
_BEFORE_PHONE = re.compile(
    r"\b(?:(?:мой|номер|моб|тел|телефон|звон\w+|пиш\w+|whatsapp|ватсап|вотсап|phone|call)\b[.:]?\s*)+\Z", re.IGNORECASE
)
#: «8 701 …, ватсап»: the messenger of a phone that is in its field.
_AFTER_PHONE = re.compile(
    r"\A[\s,(]*(?:(?:есть|и|на|whatsapp|ватсап|вотсап|вацап|telegram|телеграм|viber|вайбер)\b[\s,/)]*)+(?=[.;!?\n]|\Z)",
    re.IGNORECASE,
)
_CAPITAL = "[А-ЯЁӘІҢҒҮҰҚӨҺA-Z]"
_FULL_NAME = rf"{_CAPITAL}[\w-]+(?: {_CAPITAL}[\w-]+)?"
_GREETING = r"(?i:(?:здравствуйте|добр\w+ (?:день|утро|вечер)\w*|привет\w*|сәлем\w*|қайырлы күн|hello|hi|good \w+)\W+)?"
#: «Меня зовут Анна», and at the beginning «Я Анна,»: without this the name is read as the town of Анна. The name is the
#: second group. «Я Москву знаю» names nobody.
_NAME = re.compile(
    r"((?i:меня зовут|клиент(?:ка)?:?|my name is|менің атым) +"
    rf"|\A\s*{_GREETING}(?i:я|это|мен|i am) +(?={_FULL_NAME}\s*[.,!\n]))"
    rf"({_FULL_NAME})"
)
#: A name alone between a contact and the end of a clause, or between its beginning and a contact.
_SIGNED_AFTER = re.compile(rf"[\s,(–—-]{{0,20}}({_FULL_NAME})(?=\s*(?:[.,;!?)\n]|\Z))")
_SIGNED_BEFORE = re.compile(rf"(?:(?<=[.,;!?\n])|\A)\s{{0,20}}({_FULL_NAME})[\s,:–—-]{{0,20}}\Z")
_CLAUSE_END = re.compile(r"[;!?\n]+|[,.](?=\s|$)")


@dataclass(frozen=True)
class PastedLead:
    """A message after reading."""

    text: str  #: Without contacts and name, of the same length.
    body: dict[str, Any]  #: A lead in the exchange's format; unstated wishes are open.
    answer: Mapping[str, Any]  #: The reading in the API's words.
    reading: RequestReading


def lead_of_text(session: Session, message: str) -> PastedLead:
    """Read a client's message as a lead, without storing it."""
    text, contacts = without_contacts(message)
    text, name = without_name(text)
    if not name:
        text, name = _without_signature(message, text)
    reading = understand_request(session, text, None)
    answer = lead_answer(reading, text)
    wishing = wishing_clauses(text, [(wish["start"], wish["end"]) for wish in answer["wishes"]])
    body = {
        "client_name": name,
        "client_contacts": contacts,
        "private_notes": "\n".join(
            piece["quote"]
            for piece in answer["unread"]
            if not any(low <= piece["start"] and piece["end"] <= high for low, high in wishing)
        ),
        "deal_type": answer["deal_type"] or "SALE",
        "requirements": {
            **{each: answer[each] for each in ("rooms", "area", "property_type", "property_class", "condition")},
            "payment_method": answer["payment_method"],
            "budget": answer["budget"],
            "location": {each: answer[each] for each in ("city", "districts", "metro_stations")},
            "additional_requirements": ", ".join(" ".join(text[low:high].split()) for low, high in wishing),
        },
    }
    return PastedLead(text, body, answer, reading)


def without_contacts(text: str) -> tuple[str, str]:
    """The text with its contacts blanked out, of the same length, and the contacts.

    >>> without_contacts("Анна, 8 (701) 234-56-78: до 10 000 000 - 15 000 000")
    ('Анна,                  : до 10 000 000 - 15 000 000', '8 (701) 234-56-78')
    >>> without_contacts("Тел. 8 701 234 56 78")
    ('                    ', '8 701 234 56 78')
    >>> without_contacts("Лифт. Звоните: 8 701 234 56 78")[0].strip()
    'Лифт.'
    >>> without_contacts("8 701 234 56 78, ватсап. Можно ипотеку")[0].strip()
    '. Можно ипотеку'
    """
    matches = list(_CONTACT.finditer(text))
    for match in matches:
        announced = _BEFORE_PHONE.search(text, 0, match.start())
        start = announced.start() if announced else match.start()
        messenger = _AFTER_PHONE.search(text[match.end() :])
        end = match.end() + (messenger.end() if messenger else 0)
        text = text[:start] + " " * (end - start) + text[end:]
    return text, ", ".join(match[0] for match in matches)


def without_name(text: str) -> tuple[str, str]:
    """The text with its writer's name blanked out, of the same length, and the name.

    >>> without_name("Меня зовут Анна, ищу дом")
    ('               , ищу дом', 'Анна')
    >>> without_name("Здравствуйте! Я Айгуль. Ищу дом")[1], without_name("Добрый день, я Москву знаю")[1]
    ('Айгуль', '')
    """
    match = _NAME.search(text)
    if match is None:
        return text, ""
    return text[: match.start()] + " " * len(match[0]) + text[match.end() :], match[2]


def _without_signature(message: str, text: str) -> tuple[str, str]:
    """
    As :func:`without_name`, for a person's name beside a phone or another contact.

    Args:
        text: The message without its contacts, of the same length.

    >>> message = "Ищу дом до 20 млн, +7 916 123-45-67, Анна"
    >>> _without_signature(message, without_contacts(message)[0])[1]
    'Анна'
    """
    for contact in _CONTACT.finditer(message):
        found = _SIGNED_AFTER.match(text, contact.end()) or _SIGNED_BEFORE.search(text, 0, contact.start())
        if found and is_person_name(found[1]):
            return text[: found.start()] + " " * len(found[0]) + text[found.end() :], found[1]
    return text, ""


def wishing_clauses(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """
    The spans of the complete clauses that contain one of the *spans*, so that each keeps its words of strength ("must",
    "ideally").

    >>> "Я Анна, хорошо бы балкон. Звоните"[7:24], wishing_clauses("Я Анна, хорошо бы балкон. Звоните", [(18, 24)])
    (' хорошо бы балкон', [(7, 24)])
    """
    kept, start, inner = [], 0, dots_within_sentences(text)
    marks = (mark.span() for mark in _CLAUSE_END.finditer(text) if mark.start() not in inner)
    for end, after in (*marks, (len(text), len(text))):
        if any(low < end and high > start for low, high in spans):
            kept.append((start, end))
        start = after
    return kept
