"""Named, repeatable measurements; each prints ratios against a peer or a limit from one run."""
