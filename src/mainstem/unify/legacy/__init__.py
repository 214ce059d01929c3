"""Views under the old names in the target, so that unchanged code works until it is renamed."""
