"""The one chain of migrations, forward only: plain .sql, a file a context, run by mainstem.db."""
