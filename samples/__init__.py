"""Generators of legacy sample databases: deterministic, of any size, nothing binary stored."""
