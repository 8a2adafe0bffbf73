"""A listing's own text for the public: without phones, e-mail addresses, user names and links."""

import re

HIDDEN = "[…]"

_CONTACTS = re.compile(
    r"""
    [^\s@]{1,64}@[^\s@]{1,255}\.\w+                         # an e-mail address
    | (?<![\w@])@\w{3,}                                     # a name in a messenger
    | (?:https?://|www\.)\S+                                # a link
    | \b(?:t|wa|vk|telegram|instagram)\.(?:me|com)/\S+
    | (?:\+\s?\d|\b[78])[\s\-().]*(?:\d[\s\-().]*){9,12}\d?    # an international number, or one of +7
    | \b[79]\d{2}[\s\-().]*\d{3}[\s\-.]*\d{2}[\s\-.]*\d{2}\b   # the same without +7
    | \b\d{2,3}-\d{2}-\d{2}\b                               # a number of the town
    """,
    re.VERBOSE | re.IGNORECASE,
)


def without_contacts(words: str) -> str:
    """
    *words* with every phone, address and link hidden.

    >>> without_contacts("Звоните: +7 (916) 123-45-67, пишите @anna_k или a@b.ru. Цена 12 500 000 ₽, 54/32/9 м²")
    'Звоните: […], пишите […] или […]. Цена 12 500 000 ₽, 54/32/9 м²'
    >>> without_contacts("8 916 1234567; https://avito.ru/1; 22-33-44; дом 2015 года")
    '[…]; […] […]; дом 2015 года'
    """
    return _CONTACTS.sub(HIDDEN, words)
