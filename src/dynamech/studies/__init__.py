"""Studies: one question asked of many instances, on all cores, kept in one file as the answers come.

`grid` says which instances, `answering` what becomes of one of them (anywhere, in any process), `kept` is the
file, `sweep` the whole with its figures.
"""
