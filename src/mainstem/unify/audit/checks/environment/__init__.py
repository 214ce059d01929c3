"""Settings that point at different databases."""
