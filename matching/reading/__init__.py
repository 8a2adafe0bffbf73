"""Reading of words: wishes of a lead's text and facts of a property's text, by a grammar."""
