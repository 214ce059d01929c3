"""What must exist, and what must not."""
