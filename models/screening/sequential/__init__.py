"""Sequential screening (lecture notes; Courty and Li 2000): one buyer who learns her value in two steps."""
