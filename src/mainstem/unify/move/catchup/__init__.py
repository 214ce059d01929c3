"""Bringing a finished run up to date while its sources stay in use, pass by pass."""
