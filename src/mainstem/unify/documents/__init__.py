"""Reads documents: the tables they name, the SQL they show and the claims they make."""
