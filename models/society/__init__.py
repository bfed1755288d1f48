"""Agents together: the decision problem of all or some of them, and what theorems about it assume."""
