"""Exact answers: from a float optimum to a proof over the rationals."""
