"""Renames tables in the code that uses them: exact edits at the places the syntax trees name."""
