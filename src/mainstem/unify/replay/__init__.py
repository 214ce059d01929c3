"""Runs migrations on a throw-away server, to know what they really build."""
