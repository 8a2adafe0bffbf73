"""The Telegram bot: what people write and press there calls the same operations of `models` as the API does."""
