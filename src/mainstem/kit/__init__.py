"""Pure helpers, named by what they do. Nothing here reads or writes anything."""
