"""A question answered: from an environment and its words to a solved, decoded mechanism."""
