"""One module a command; see COMMANDS in scripts/cli.py."""
