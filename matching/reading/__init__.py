"""Reading texts by a grammar: the wishes in a lead's text and the facts in a property's text."""
