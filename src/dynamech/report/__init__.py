"""What a person reads: environments, ladders, designs, verdicts, solvers as tables and sentences (rich)."""
