"""The economics: environments, mechanisms, notions of truth-telling, and the compilers."""
