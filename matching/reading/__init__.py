"""Reading of words: the wishes of a lead's text and the facts of a property's text, by a grammar and without a network."""
