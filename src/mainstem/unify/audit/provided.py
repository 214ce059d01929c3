"""Names that nobody's migrations create: the server, its platform, an extension or a tool does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mainstem.unify.catalog.database import ObjectName

_SCHEMA_NAMES = """
    auth storage realtime _realtime extensions graphql graphql_public vault cron net pgsodium
    pgsodium_masks pgbouncer pgmq supabase_functions supabase_migrations information_schema
    pg_catalog pg_toast pg_temp drizzle tiger tiger_data topology partman neon_auth dbdev pgtle
"""
#: tables of extensions, and where migration tools and frameworks keep their own state
_TABLE_NAMES = """
    spatial_ref_sys geometry_columns geography_columns raster_columns raster_overviews
    _prisma_migrations __drizzle_migrations schema_migrations schema_version alembic_version
    flyway_schema_history knex_migrations knex_migrations_lock django_migrations goose_db_version
    django_content_type django_session django_admin_log auth_user auth_group auth_permission
    hypopg_list_indexes atlas_schema_revisions typeorm_metadata databasechangelog
    databasechangeloglock ar_internal_metadata sequelizemeta pgmigrations
"""
_SCHEMAS = frozenset(_SCHEMA_NAMES.split())
_TABLES = frozenset(_TABLE_NAMES.split())


def is_provided_schema(schema: str) -> bool:
    """Whether the server or its platform owns the schema."""
    return schema.lower() in _SCHEMAS or schema.lower().startswith(("pg_", "_timescaledb"))


def is_provided(name: ObjectName) -> bool:
    """Whether a relation of that name comes without a migration of the product."""
    bare = name.name.lower()
    is_of_server = bare.startswith(("pg_", "information_schema.", "sqlite_"))
    return is_provided_schema(name.schema) or is_of_server or bare in _TABLES
