"""How promising the contacts won by advertising are; shares nothing with the scoring of pairs."""
