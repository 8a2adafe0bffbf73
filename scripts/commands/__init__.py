"""One module per command; see COMMANDS in scripts/cli.py."""
