"""Holds migrations, code, documents and live databases against each other."""
