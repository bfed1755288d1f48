"""What the process ends with where there is no answer, told before anything heavy is imported."""

BAD_INPUT = 2
INTERRUPTED = 130
