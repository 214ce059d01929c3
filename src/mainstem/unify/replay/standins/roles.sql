-- The roles that the platform has, none of them a superuser or able to make roles, and the one that
-- runs the migrations: `postgres`, a member of the others, so that it may give objects to them.
create role anon nologin;
create role authenticated nologin;
create role service_role nologin bypassrls;
create role authenticator nologin;
create role supabase_admin nologin bypassrls;
create role supabase_auth_admin nologin;
create role supabase_storage_admin nologin;
create role supabase_realtime_admin nologin;
create role supabase_functions_admin nologin;
create role supabase_read_only_user nologin;
create role supabase_replication_admin nologin;
create role dashboard_user nologin;
create role pgbouncer nologin;
create role pgsodium_keyholder nologin;
create role postgres login bypassrls;
grant anon, authenticated, service_role, authenticator, supabase_admin, supabase_auth_admin,
  supabase_storage_admin, supabase_realtime_admin, supabase_functions_admin,
  supabase_read_only_user, supabase_replication_admin, dashboard_user, pgbouncer,
  pgsodium_keyholder to postgres;
-- Dumps set these; neither reaches outside the session.
grant set on parameter session_replication_role to postgres;
grant set on parameter log_min_messages to postgres;
