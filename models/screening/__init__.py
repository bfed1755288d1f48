"""Optimal mechanisms for agents who know something at the start: separable environments, virtual pivot.

KLN is Kakade, Lobel & Nazerzadeh (2011). Periods count from 0.
"""
