"""
Measurements of imports: one table of listings as a feed of each format, all of which must give the same rows; rate and
memory.
"""
