"""Where one tenant could reach another's rows."""
