"""Public histories: what everybody knows, counted and laid out without a loop over histories.

`points.py` says which profiles can come next, `classes.py` groups histories whose future looks the same,
`views.py` says what one agent knows in them, `tree.py` lays the histories themselves out as index arrays.
"""
