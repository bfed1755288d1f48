"""Mechanisms for items sold over time that do not know what is to come (MPTZ Sections 5, 6, App. B to F)."""
