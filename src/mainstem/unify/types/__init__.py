"""Writes the types of a schema for clients: what rows have, what an insert needs."""
