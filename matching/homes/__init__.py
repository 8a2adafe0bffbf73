"""Which adverts are of one home: pure functions over what adverts tell."""
