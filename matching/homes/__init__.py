"""Which adverts describe the same home: pure functions of the adverts' facts."""
