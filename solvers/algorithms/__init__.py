"""Algorithms of our own: decision processes, small programs, least norms, parametric and concave ones."""
