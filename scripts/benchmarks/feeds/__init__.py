"""
Measurements of imports: one table of listings as a feed of each format, each imported to the same rows; rate and
memory.
"""
