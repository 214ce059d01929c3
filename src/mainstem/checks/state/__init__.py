"""What changes while the platform runs: migrations, partitions, unfinished work."""
