"""The toolkit that moves existing databases into one; usable on any schema, alone."""
