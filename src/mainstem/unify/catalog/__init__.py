"""One model of a schema, whatever it was read from."""
