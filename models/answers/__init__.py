"""What every result can do: a line, a table, JSON, a frame, HTML, a picture, pickling."""
