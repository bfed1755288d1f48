"""What the form of a program can be turned into: HiGHS, CVXPY and Pyomo objects, MPS and LP files."""
