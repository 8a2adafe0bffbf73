"""Read a client's contacts from a lead's free text, in its order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers

from models.accounts.users import HOME_REGION

#: The minimum number of digits; a shorter number may be a price, a date or a time of day.
SHORTEST_PHONE = 10
_OTHER = re.compile(
    r"(?P<email>[^\s,;<>:@]{1,64}@[^\s,;<>@]{1,255}\.\w+)"
    r"|(?:https?://)?(?:t\.me|telegram\.me)/(?!joinchat\b)(?P<link>[A-Za-z]\w{3,31})"
    r"|(?<![\w.])@(?P<name>[A-Za-z]\w{3,31})",
    re.IGNORECASE,
)
#: A home number that only a blank or the like separates from the next number.
_HOME_PHONE_BEFORE_ANOTHER = re.compile(r"(?<!\d)(\+?[78](?:[\s()\-.]{0,3}\d){10})[\s\-.]{1,3}(?=\+?\d)")
#: A number of a neighbouring country that was written without its plus. No date of birth begins in this way, so none of
#: these is an individual identification number.
_FOREIGN_PHONE = re.compile(r"(?<![+\w])\W(?=(?:99[2-68]|37[345])(?:[\s()\-.]{0,3}\d){8,9}(?!\d))")

#: Words that only announce a contact.
_LABELS = frozenset(
    "tel phone mob mobile email mail e tg telegram whatsapp wa тел телефон моб номер почта тг телеграм ватсап и".split()
)


@dataclass(frozen=True)
class Contact:
    """One contact of a client.

    Args:
        kind: "phone", "email" or "telegram".
        value: A phone in E.164, an e-mail address, or a name without its @.
        text: The usual notation, for display.
    """

    kind: str
    value: str
    text: str

    @property
    def digits(self) -> str:
        """A phone's digits, for links to messengers."""
        return self.value.removeprefix("+")

    @property
    def identity(self) -> str:
        """The same text for the same contact, however it is written.

        >>> [each.identity for each in read_contacts("8 701 000-00-00, t.me/Petr_K, Petr@mail.kz")]
        ['77010000000', '@petr_k', 'petr@mail.kz']
        """
        return self.digits if self.kind == "phone" else self.text.casefold()


def read_contacts(text: str | None) -> list[Contact]:
    """
    The contacts in a text, each once.

    >>> [(each.kind, each.value) for each in read_contacts("8 (701) 000-00-00, tg @petr_k, Petr@mail.kz")]
    [('phone', '+77010000000'), ('telegram', 'petr_k'), ('email', 'petr@mail.kz')]
    >>> [each.value for each in read_contacts("8 701 000 00 00 8 702 000 00 00; 998901234567")]
    ['+77010000000', '+77020000000', '+998901234567']
    >>> read_contacts("звонить после 18:00"), read_contacts(None)
    ([], [])
    """
    contacts: dict[str, Contact] = {}
    for _, _, contact in sorted(_found(f" {text or ''}"), key=lambda each: each[0]):
        contacts.setdefault(contact.identity, contact)
    return list(contacts.values())


def has_unread_contacts(text: str | None) -> bool:
    """
    Whether a text with contacts says more than :func:`read_contacts` finds: another number, or whose phone it is.

    >>> has_unread_contacts("87010000000, tg @petr_k"), has_unread_contacts("87010000000, 00-12, viber жены")
    (False, True)
    """
    rest = f" {text or ''}"
    for start, end, _ in _found(rest):
        rest = rest[:start] + " " * (end - start) + rest[end:]
    return any(word.lower() not in _LABELS for word in re.findall(r"\w+", rest))


def _found(text: str) -> Iterator[tuple[int, int, Contact]]:
    """(start, end, contact) of each contact in the text, which begins with a blank; repeated ones too."""
    formats = phonenumbers.PhoneNumberFormat
    # Numbers that are only possible are accepted too: a realtor may know better than the tables which numbers are in
    # use.
    possible = phonenumbers.Leniency.POSSIBLE
    for match in phonenumbers.PhoneNumberMatcher(_with_separate_phones(text), HOME_REGION, possible):
        if len(re.sub(r"\D", "", match.raw_string)) < SHORTEST_PHONE:
            continue
        value = phonenumbers.format_number(match.number, formats.E164)
        shown = phonenumbers.format_number(match.number, formats.INTERNATIONAL)
        yield match.start, match.end, Contact("phone", value, shown)
    for other in _OTHER.finditer(text):
        if other["email"]:
            value = other["email"].lower()
            contact = Contact("email", value, value)
        else:
            value = other["link"] or other["name"]
            contact = Contact("telegram", value, f"@{value}")
        yield *other.span(), contact


def _with_separate_phones(text: str) -> str:
    """The text, as long as before, in a notation in which the library finds each phone.

    >>> _with_separate_phones(" 8 701 000 00 00 8 702 000 00 00, 998901234567")
    ' 8 701 000 00 00;8 702 000 00 00,+998901234567'
    """
    separated = _HOME_PHONE_BEFORE_ANOTHER.sub(lambda match: match[1].ljust(len(match[0]), ";"), text)
    return _FOREIGN_PHONE.sub("+", separated)
