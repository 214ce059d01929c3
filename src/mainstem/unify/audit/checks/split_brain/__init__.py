"""A second database in the same product."""
