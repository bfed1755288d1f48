"""What the five papers print, beside what the project computes: a file of rows a paper.

`rows` says what a row is, `errata` why some disagree; `TABLE` is all rows, in the papers' order. The map from
theorem to file (`theory`) is written from the same rows.
"""
