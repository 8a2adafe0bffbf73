"""Files of every dialect and fault, written from the formats' descriptions alone, with what each must come to."""
