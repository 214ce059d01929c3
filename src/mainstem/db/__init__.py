"""The platform's database: tenant transactions, migrations, partitions, backups."""
