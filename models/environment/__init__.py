"""What is given: agents, types, kernels, signals, the process; reading and reshaping them."""
