"""The languages of the interface; models/translations holds their sentences."""

#: Codes of ISO 639-1; the first is what an unknown language falls back to.
LANGUAGES = ("en", "ru", "kk")
