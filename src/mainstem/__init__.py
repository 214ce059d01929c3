"""Mainstem: one tenant-isolated PostgreSQL for every app, and the toolkit that gets data there."""

#: also the distribution's, which reads it here: to ask the installed one takes each start 50 ms
__version__ = "0.1.0"
