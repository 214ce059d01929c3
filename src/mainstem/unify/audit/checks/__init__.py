"""One module a check, in a folder for each group."""
