"""The Telegram bot: messages and buttons call the same operations of `models` as the API."""
