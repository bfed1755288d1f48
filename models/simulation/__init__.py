"""A mechanism that runs: paths of types, actions and payments, drawn by seed."""
