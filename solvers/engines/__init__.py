"""The solvers that are called: HiGHS, and those of CVXPY and Pyomo."""
