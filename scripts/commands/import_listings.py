"""`leadmatch import-listings`: an older name of `leadmatch import` (scripts/commands/import_feed.py)."""

from scripts.commands.import_feed import listings as command

__all__ = ["command"]
