"""Money burning under caps on utilities (MPTZ, supplement, Appendix E)."""
