"""Files: buckets and objects, from a folder or S3-compatible store to another, checked by value."""
