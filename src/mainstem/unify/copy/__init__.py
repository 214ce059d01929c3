"""Copies any SQLite file into tables that it makes: chosen types, constraints, indexes, proof.

Everything happens in a schema of the run's own; the finished tables move into the target schema in
one transaction, so that nobody ever sees half a copy. `file.copy_file` is the way in.
"""
