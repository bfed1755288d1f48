"""Several buyers: dynamic programming over what each has been promised, between two bounds."""
