"""Files of listings, in whichever format, read as streams of offers (:mod:`models.sources.formats.offer`)."""
