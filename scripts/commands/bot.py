"""`leadmatch bot`: the Telegram bot's process, a line of the Procfile."""

import click


@click.command()
def command() -> None:
    """Run the Telegram bot (TELEGRAM_BOT=1, TELEGRAM_BOT_TOKEN); where it is off, wait."""
    import models.all_tables  # noqa: F401 - relationships name tables by text
    from api.bot.process import serve
    from models.platform import logs
    from models.platform.settings import Settings

    settings = Settings.from_env()
    logs.configure(settings.environment, settings.log_level)
    serve(settings)
