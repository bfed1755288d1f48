"""Efficient mechanisms: the efficient policy, single crossing, generalised VCG."""
