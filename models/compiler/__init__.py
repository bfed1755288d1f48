"""From an environment and three words to a program (`formulations.md` section 2 is the mathematics).

`sizes.py` counts before anything is built; `terms.py` computes what a report earns, once per class of
histories, and repeats it over the histories; `compiled.py` puts the blocks together.
"""
