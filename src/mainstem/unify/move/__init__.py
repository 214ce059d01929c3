"""Carries a plan out: staged, resumable, every row accounted for."""
