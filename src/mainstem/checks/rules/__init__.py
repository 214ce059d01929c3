"""The schema rules, proven from the catalog: `rNN` is the number of the rule."""
