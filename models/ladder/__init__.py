"""The rungs from a relaxation to ex-post incentives, the gaps between them, and when they are tight."""
