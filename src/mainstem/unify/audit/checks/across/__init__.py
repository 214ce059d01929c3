"""Where two sources do not agree."""
