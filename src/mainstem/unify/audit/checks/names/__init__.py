"""Names that mislead."""
