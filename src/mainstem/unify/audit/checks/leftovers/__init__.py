"""Tables that nobody uses any more."""
