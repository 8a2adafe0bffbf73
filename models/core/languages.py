"""The languages of the interface; models/translations holds their sentences."""

#: Codes of ISO 639-1; the first is used in place of an unknown language.
LANGUAGES = ("en", "ru", "kk")
