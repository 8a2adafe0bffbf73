"""How promising the contacts from advertising are; independent of the scoring of pairs."""
