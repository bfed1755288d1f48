"""The public functions, by what they ask about."""
