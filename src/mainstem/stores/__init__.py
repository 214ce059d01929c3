"""Stores of files: a folder or an S3-compatible endpoint, with the same face."""
