"""RevOS: from a comment with a trigger word to a captured lead.

Owns the tables of `0004_revos.sql`. `unipile` is the LinkedIn provider's port and client, `sandbox`
a provider that runs on this machine.
"""
