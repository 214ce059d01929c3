"""Reads application code: which tables, columns, functions and buckets it uses."""
