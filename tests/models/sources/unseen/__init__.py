"""Files of every dialect and fault, written only from the formats' descriptions, with the expected result of each."""
