"""Mainstem: one tenant-isolated PostgreSQL for every app, and the toolkit that gets data there."""

from importlib.metadata import version

__version__ = version("mainstem")
