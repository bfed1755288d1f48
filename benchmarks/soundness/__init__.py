"""Answers compared with plain programs written from the mathematics: `python -m benchmarks.soundness`.

Nothing here is shared with `models` or `solvers` beyond the public arrays of an `Environment` and a
`Mechanism` (and the one place that makes a HiGHS which prints nothing): histories are enumerated in loops,
one row for each history, type and report, and optima are proved by a rational simplex that begins where a
float solver ends.
"""
