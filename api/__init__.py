"""The HTTP side: parse, authorise, call one domain operation, answer."""
