"""What makes a schema fragile or slow."""
