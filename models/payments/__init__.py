"""Payments for a given allocation: implementing it, the smallest gain, un-relaxing, cycles."""
