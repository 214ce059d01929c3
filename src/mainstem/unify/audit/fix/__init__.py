"""Writes the migration that creates a missing table, inferred from how everything else uses it."""
