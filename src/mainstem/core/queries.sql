-- name: person
-- A person by id, or else by e-mail, active or not, with their password's hash where they have one.
select u.id, u.agency_id, u.email, u.role, u.first_name, u.last_name, u.is_active, u.last_login_at,
       u.created_at, u.updated_at, u.settings -> 'metadata' as metadata, visible.client_ids,
       visible.read_only_client_ids,
       exists (select from app.credential as c
               where c.user_id = u.id and c.kind = 'totp' and c.confirmed_at is not null) as has_second_factor,
       (select c.password_hash from app.credential as c
        where c.user_id = u.id and c.kind = 'password') as password_hash
from public."user" as u
cross join lateral (
  select array(select m.client_id from public.member_client_access as m
               where m.agency_id = u.agency_id and m.user_id = u.id
               limit %(clients_max)s) as client_ids,
         array(select m.client_id from public.member_client_access as m
               where m.agency_id = u.agency_id and m.user_id = u.id and m.permission = 'read'
               limit %(clients_max)s) as read_only_client_ids
) as visible
where u.id = coalesce(%(user_id)s::uuid,
                      (select named.id from public."user" as named where lower(named.email) = lower(%(email)s::text)))

-- name: touch_session
-- Now and then, not with each request: when the session was last used, which lets it live on.
update app.session
set last_seen_at = %(now)s, expires_at = least(%(now)s + %(idle)s::interval, created_at + %(whole)s::interval)
where id = %(session_id)s

-- name: touch_key
-- Now and then: when the key was last used.
update public.api_key set last_used_at = %(now)s where agency_id = %(agency_id)s and id = %(key_id)s

-- name: rehash_key
-- Keep the hash under the current master key.
update public.api_key set key_hash = %(key_hash)s where agency_id = %(agency_id)s and id = %(key_id)s

-- name: count_attempt
-- Count an attempt before it is made, so that many at once do not each get the last free one. After
-- a quiet day the count begins anew. Returns until when the subject was locked before this one.
insert into app.sign_in_attempt as a (kind, subject_hash, failed_attempts, attempted_at)
values (%(kind)s, %(subject_hash)s, 1, %(now)s)
on conflict (kind, subject_hash) do update set
  failed_attempts = case
    when a.locked_until > excluded.attempted_at then a.failed_attempts
    when a.attempted_at < excluded.attempted_at - interval '1 day' then 1
    else a.failed_attempts + 1 end,
  attempted_at = excluded.attempted_at
returning failed_attempts, locked_until

-- name: lock_subject
-- No further attempt until then.
update app.sign_in_attempt set locked_until = %(until)s
where kind = %(kind)s and subject_hash = %(subject_hash)s

-- name: forget_attempts
-- Somebody signed in: the count of their account begins anew.
delete from app.sign_in_attempt where kind = %(kind)s and subject_hash = %(subject_hash)s

-- name: forgive_attempt
-- Somebody signed in: this one attempt from their address does not count against the others there.
update app.sign_in_attempt
set failed_attempts = greatest(failed_attempts - 1, 0),
    locked_until = case when failed_attempts > %(free)s then locked_until end
where kind = %(kind)s and subject_hash = %(subject_hash)s

-- name: set_password
-- One password a person; a new one replaces the old.
insert into app.credential as c (user_id, kind, password_hash, confirmed_at)
values (%(user_id)s, 'password', %(password_hash)s, %(now)s)
on conflict (user_id) where kind = 'password'
do update set password_hash = excluded.password_hash, must_change = false

-- name: rehash_password
-- Replace a legacy or weaker hash, unless the password was changed meanwhile.
update app.credential set password_hash = %(password_hash)s
where user_id = %(user_id)s and kind = 'password' and password_hash = %(kept)s

-- name: person_of_identity
-- Who signs in with that identity of a provider.
select user_id as id from app.credential
where kind = 'identity' and provider = %(provider)s and subject = %(subject)s

-- name: add_identity
-- A person's identity at a provider; none where they have another one there.
insert into app.credential (user_id, kind, provider, subject, email, confirmed_at)
select %(user_id)s, 'identity', %(provider)s, %(subject)s, %(email)s, %(now)s
where not exists (select from app.credential as c
                  where c.user_id = %(user_id)s and c.kind = 'identity' and c.provider = %(provider)s)
returning id

-- name: providers_of
-- The providers of an agency, without their secrets.
select id, name, label, issuer, oauth_client_id as client_id, is_enabled, created_at, updated_at
from public.identity_provider
where agency_id = %(agency_id)s
order by name
limit %(rows_max)s

-- name: enabled_providers
-- What the door of an agency shows.
select name, label from public.identity_provider
where agency_id = %(agency_id)s and is_enabled
order by label, name
limit %(rows_max)s

-- name: provider_to_change
-- A provider with its secret, locked.
select id, agency_id, issuer, oauth_client_id as client_id, secret_encrypted
from public.identity_provider
where agency_id = %(agency_id)s and name = %(name)s
for update

-- name: provider_called
-- The provider that an address calls by its name and its agency's slug.
select p.id, p.agency_id, p.issuer, p.oauth_client_id as client_id, p.secret_encrypted
from public.identity_provider as p
join public.agency as a on a.id = p.agency_id
where a.slug = %(slug)s and p.name = %(name)s and p.is_enabled

-- name: provider_by_id
-- The provider that somebody was sent to.
select id, agency_id, issuer, oauth_client_id as client_id, secret_encrypted
from public.identity_provider
where id = %(id)s and is_enabled

-- name: put_provider
-- One provider of an agency, by its name; nothing where another one took the name a moment ago.
insert into public.identity_provider as p
  (agency_id, id, name, label, issuer, oauth_client_id, secret_encrypted, is_enabled, created_by)
values (%(agency_id)s, %(id)s, %(name)s, %(label)s, %(issuer)s, %(client_id)s, %(secret_encrypted)s,
        %(is_enabled)s, %(created_by)s)
on conflict on constraint identity_provider_name_key do update set
  label = excluded.label, issuer = excluded.issuer, oauth_client_id = excluded.oauth_client_id,
  secret_encrypted = excluded.secret_encrypted, is_enabled = excluded.is_enabled
where p.id = excluded.id
returning id

-- name: remove_provider
-- A provider that is none any more.
delete from public.identity_provider where agency_id = %(agency_id)s and name = %(name)s
returning id

-- name: slug_of_agency
-- What addresses call an agency.
select slug from public.agency where id = %(agency_id)s

-- name: operator
-- The person as one who runs the platform; by their address until their row is known.
select id from app.operator
where revoked_at is null
  and (user_id = %(user_id)s or (user_id is null and lower(email) = lower(%(email)s)))

-- name: operators
-- Who runs the platform.
select email, granted_by, created_at from app.operator
where revoked_at is null
order by lower(email)
limit %(rows_max)s

-- name: add_operator
-- One more, or one again; nothing where they are one.
insert into app.operator as o (email, user_id, granted_by)
values (%(email)s, %(user_id)s, %(granted_by)s)
on conflict (lower(email)) do update set
  user_id = excluded.user_id, granted_by = excluded.granted_by, revoked_at = null
where o.revoked_at is not null
returning id

-- name: remove_operator
-- One less; the row stays, for who asks later.
update app.operator as o set revoked_at = %(now)s
where revoked_at is null
  and (lower(email) = lower(%(email)s)
    or user_id = (select u.id from public."user" as u where lower(u.email) = lower(%(email)s)))
returning id

-- name: open_invitations
-- Invitations of an agency that may still be accepted, the newest first.
select id, email, role, client_ids, expires_at, created_at
from public.invitation
where agency_id = %(agency_id)s and accepted_at is null and revoked_at is null and expires_at > %(now)s
order by created_at desc, id
limit %(rows_max)s

-- name: revoke_invitation
-- An invitation that is good no more, with its token.
with ended as (
  update public.invitation set revoked_at = %(now)s
  where agency_id = %(agency_id)s and id = %(id)s and accepted_at is null and revoked_at is null
  returning id
), closed as (
  update app.token_route as r set revoked_at = %(now)s
  from ended where r.kind = 'invitation' and r.agency_id = %(agency_id)s and r.target_id = ended.id
)
select id from ended

-- name: add_session
-- A new session.
insert into app.session
  (user_id, kind, token_hash, assurance, app_context, client_id, api_key_id, user_agent, remote_address,
   last_seen_at, expires_at, created_at)
values (%(user_id)s, %(kind)s, %(token_hash)s, %(assurance)s, %(app_context)s, %(client_id)s, %(api_key_id)s,
        %(user_agent)s, %(remote_address)s, %(now)s, %(expires_at)s, %(now)s)
returning id

-- name: note_sign_in
-- When the person signed in last.
update public."user" set last_login_at = %(now)s where id = %(user_id)s

-- name: add_to_trail
-- What no trigger sees: sign-ins, refusals, switches. The row it is about is the person or the key.
insert into public.audit_log (agency_id, actor_id, actor_role, actor_app, table_name, row_id, action, reason)
values (%(agency_id)s, %(actor_id)s, %(actor_role)s, %(actor_app)s, %(table_name)s, %(row_id)s, %(action)s,
        %(reason)s)

-- name: note_refused_key
-- A key was refused, noted once a minute: its prefix may be public, and whoever knows it could fill the
-- agency's trail.
insert into public.audit_log (agency_id, actor_role, table_name, row_id, action, reason)
select %(agency_id)s, 'api_key', 'api_key', %(key_id)s, 'refuse', %(reason)s
where not exists (
  select from public.audit_log
  where agency_id = %(agency_id)s and id >= app.uuid7_floor(now() - interval '1 minute')
    and row_id = %(key_id)s and action = 'refuse' and reason = %(reason)s)

-- name: add_refresh_token
-- The next refresh token of a session.
insert into app.refresh_token (session_id, parent_id, token_hash, expires_at, created_at)
values (%(session_id)s, %(parent_id)s, %(token_hash)s, %(expires_at)s, %(now)s)

-- name: take_refresh_token
-- A refresh token with its session, locked: of two who bring the same one, the second sees it used.
select t.id, t.session_id, t.used_at, t.revoked_at, t.expires_at,
       s.user_id, s.assurance, s.app_context, s.api_key_id, s.created_at as session_created_at,
       s.revoked_at as session_revoked_at, s.expires_at as session_expires_at
from app.refresh_token as t
join app.session as s on s.id = t.session_id
where t.token_hash = %(token_hash)s
for update of t

-- name: use_refresh_token
-- Each is used once.
update app.refresh_token set used_at = %(now)s where id = %(id)s

-- name: revoke_session
-- End one session of a person.
update app.session set revoked_at = %(now)s, revoked_reason = %(reason)s
where id = %(session_id)s and user_id = %(user_id)s and revoked_at is null
returning id

-- name: revoke_sessions
-- End all sessions of a person but one; null ends every one.
update app.session set revoked_at = %(now)s, revoked_reason = %(reason)s
where user_id = %(user_id)s and revoked_at is null and id is distinct from %(but)s
returning id

-- name: live_sessions
-- The sessions of a person, the one used last first.
select id, kind, assurance, app_context, user_agent, remote_address, created_at, last_seen_at, expires_at
from app.session
where user_id = %(user_id)s and revoked_at is null and expires_at > %(now)s
order by last_seen_at desc
limit %(rows_max)s

-- name: set_session_app
-- Switch the app; nothing else of the session changes.
update app.session set app_context = %(app_context)s
where id = %(session_id)s and user_id = %(user_id)s and revoked_at is null
returning id

-- name: set_session_client
-- Choose the client to look at; null is all of those that the person sees.
update app.session set client_id = %(client_id)s
where id = %(session_id)s and user_id = %(user_id)s and revoked_at is null
returning id

-- name: raise_assurance
-- The second factor was given: the session is whole, under a new token.
update app.session set assurance = 'second_factor', token_hash = %(token_hash)s
where id = %(session_id)s and revoked_at is null
returning id

-- name: signing_keys
-- Keys that still verify, the newest first.
select id, public_jwk, wrapped_key, key_encryption_key_id, signs_until, verifies_until
from app.signing_key
where verifies_until > %(now)s
order by signs_until desc
limit %(rows_max)s

-- name: lock_signing_keys
-- One process at a time makes a key; the lock ends with the transaction.
select pg_advisory_xact_lock(hashtextextended('app.signing_key', 0))

-- name: add_signing_key
-- A new key.
insert into app.signing_key (id, public_jwk, wrapped_key, key_encryption_key_id, signs_until, verifies_until, created_at)
values (%(id)s, %(public_jwk)s, %(wrapped_key)s, %(key_encryption_key_id)s, %(signs_until)s, %(verifies_until)s,
        %(now)s)

-- name: add_agency
-- A new tenant.
insert into public.agency (name, slug) values (%(name)s, %(slug)s)
on conflict (slug) do nothing
returning id

-- name: largest_agency
-- The agency with the most clients, which shows most.
select agency_id as id from public.client group by agency_id order by count(*) desc, agency_id limit 1

-- name: agency_by_name
-- An agency by its slug or its id.
select id, name from public.agency where slug = %(name)s or id::text = %(name)s

-- name: agency_of_slug
-- An agency by its slug.
select id from public.agency where slug = %(slug)s

-- name: end_invitation_of
-- An older invitation of the same address gives way.
with ended as (
  update public.invitation set revoked_at = %(now)s
  where agency_id = %(agency_id)s and lower(email) = lower(%(email)s)
    and accepted_at is null and revoked_at is null
  returning id
)
update app.token_route as r set revoked_at = %(now)s
from ended
where r.kind = 'invitation' and r.agency_id = %(agency_id)s and r.target_id = ended.id

-- name: add_invitation
-- An invitation; only the hash of its token is kept.
insert into public.invitation (agency_id, email, role, client_ids, token_hash, invited_by, expires_at)
values (%(agency_id)s, %(email)s, %(role)s, %(client_ids)s, %(token_hash)s, %(invited_by)s, %(expires_at)s)
returning id

-- name: add_route
-- What somebody without claims may bring, and where it leads.
insert into app.token_route (kind, token, agency_id, target_id, expires_at)
values (%(kind)s, %(token)s, %(agency_id)s, %(target_id)s, %(expires_at)s)

-- name: take_route
-- A token that works once: taken away as it is read.
delete from app.token_route
where kind = any (%(kinds)s) and token = %(token)s and revoked_at is null and expires_at > %(now)s
returning kind, agency_id, target_id

-- name: drop_routes_of
-- Tokens of the same kinds that lead to the same row, which no longer count.
delete from app.token_route
where kind = any (%(kinds)s) and agency_id = %(agency_id)s and target_id = %(target_id)s

-- name: open_invitation
-- An invitation that may still be accepted, locked until that is decided.
select i.id, i.agency_id, i.email, i.role, i.client_ids, a.name as agency_name
from app.token_route as r
join public.invitation as i on i.agency_id = r.agency_id and i.id = r.target_id
join public.agency as a on a.id = i.agency_id
where r.kind = 'invitation' and r.token = %(token)s and r.revoked_at is null
  and i.accepted_at is null and i.revoked_at is null and i.expires_at > %(now)s
for update of i

-- name: accept_invitation
-- It is used up.
update public.invitation set accepted_at = %(now)s, accepted_by = %(user_id)s
where agency_id = %(agency_id)s and id = %(id)s

-- name: add_person
-- A new person; none where the e-mail is somebody's already.
insert into public."user" (agency_id, email, role, first_name, last_name)
values (%(agency_id)s, lower(%(email)s), %(role)s, %(first_name)s, %(last_name)s)
on conflict (lower(email)) do nothing
returning id

-- name: add_client_access
-- The clients that a person sees, some of them to be read only; what is no client of the agency is left
-- out. Who saw the client before has from now on what is said here.
insert into public.member_client_access as m (agency_id, client_id, user_id, kind, permission, granted_by)
select c.agency_id, c.id, %(user_id)s, case when %(role)s = 'client' then 'client' else 'member' end,
       case when c.id = any (%(read_only)s) then 'read' else 'write' end, %(granted_by)s
from public.client as c
where c.agency_id = %(agency_id)s and c.id = any (%(client_ids)s)
on conflict on constraint member_client_access_client_user_key
do update set permission = excluded.permission, granted_by = excluded.granted_by
where m.permission <> excluded.permission

-- name: clients_among
-- Those of the ids that are clients of the agency.
select id from public.client where agency_id = %(agency_id)s and id = any (%(client_ids)s)

-- name: add_key
-- A key; only its keyed hash is kept.
insert into public.api_key
  (agency_id, client_id, name, prefix, key_hash, scopes, app, profile, rotated_from, created_by, expires_at)
values (%(agency_id)s, %(client_id)s, %(name)s, %(prefix)s, %(key_hash)s, %(scopes)s, %(app)s, %(profile)s,
        %(rotated_from)s, %(created_by)s, %(expires_at)s)
returning id

-- name: keys_of_agency
-- The keys of an agency, without their hashes.
select id, client_id, name, prefix, scopes, app, profile, expires_at, last_used_at, revoked_at, created_at
from public.api_key
where agency_id = %(agency_id)s
order by created_at desc, id
limit %(rows_max)s

-- name: key_to_rotate
-- A live key, locked.
select id, client_id, name, prefix, scopes, app, profile, expires_at, last_used_at, revoked_at, created_at
from public.api_key
where agency_id = %(agency_id)s and id = %(key_id)s and revoked_at is null
  and (expires_at is null or expires_at > %(now)s)
for update

-- name: end_key
-- When a key ends; never later than it did already.
update public.api_key set expires_at = least(expires_at, %(until)s)
where agency_id = %(agency_id)s and id = %(key_id)s

-- name: revoke_key
-- End a key now.
update public.api_key set revoked_at = %(now)s
where agency_id = %(agency_id)s and id = %(key_id)s and revoked_at is null
returning id

-- name: permissions_of
-- Every permission, and what the agency says of it for one role; null where it says nothing.
select p.key, r.is_allowed
from public.permission as p
left join public.role_permission as r
  on r.agency_id = %(agency_id)s and r.permission_id = p.id and r.user_role = %(user_role)s
order by p.key
limit %(rows_max)s

-- name: change_names
-- What a person says of themselves; metadata is what their apps keep beside it.
update public."user" set
  first_name = coalesce(%(first_name)s, first_name),
  last_name = coalesce(%(last_name)s, last_name),
  settings = jsonb_set(settings, '{metadata}', coalesce(settings -> 'metadata', '{}') || %(metadata)s)
where id = %(user_id)s

-- name: newest_data_key
-- The data key that closes what is new.
select id, agency_id, version, wrapped_key, key_encryption_key_id
from app.data_key
where agency_id = %(agency_id)s and retired_at is null and destroyed_at is null
order by version desc
limit 1

-- name: data_key
-- One version of an agency's data key.
select id, agency_id, version, wrapped_key, key_encryption_key_id
from app.data_key
where agency_id = %(agency_id)s and version = %(version)s

-- name: lock_data_keys
-- One process at a time counts the versions of an agency.
select pg_advisory_xact_lock(hashtextextended('app.data_key ' || %(agency_id)s, 0))

-- name: last_data_key_version
-- The highest version there was, destroyed ones included: none is used twice.
select version from app.data_key where agency_id = %(agency_id)s order by version desc limit 1

-- name: add_data_key
-- A new version.
insert into app.data_key (agency_id, version, wrapped_key, key_encryption_key_id, created_at)
values (%(agency_id)s, %(version)s, %(wrapped_key)s, %(key_encryption_key_id)s, %(now)s)
returning id, agency_id, version, wrapped_key, key_encryption_key_id

-- name: retire_data_key
-- It opens what it closed and closes nothing new.
update app.data_key set retired_at = %(now)s where id = %(id)s

-- name: destroy_data_keys
-- For good: what they closed is erased with them.
update app.data_key set wrapped_key = null, destroyed_at = %(now)s, retired_at = coalesce(retired_at, %(now)s)
where agency_id = %(agency_id)s and destroyed_at is null

-- name: data_keys_to_rewrap
-- Data keys that another master key than the current one wraps.
select id, agency_id, version, wrapped_key, key_encryption_key_id
from app.data_key
where key_encryption_key_id <> %(current)s and wrapped_key is not null
order by id
limit %(rows_max)s
for update skip locked

-- name: rewrap_data_key
-- The same key under the current master key.
update app.data_key set wrapped_key = %(wrapped_key)s, key_encryption_key_id = %(key_id)s where id = %(id)s

-- name: signing_keys_to_rewrap
-- Signing keys that another master key than the current one wraps.
select id, public_jwk, wrapped_key, key_encryption_key_id, signs_until, verifies_until
from app.signing_key
where key_encryption_key_id <> %(current)s
order by id
limit %(rows_max)s
for update skip locked

-- name: rewrap_signing_key
-- The same key under the current master key.
update app.signing_key set wrapped_key = %(wrapped_key)s, key_encryption_key_id = %(key_id)s where id = %(id)s

-- name: agency_with_old_data_key
-- An agency whose newest data key was made before that time.
select agency_id as id
from app.data_key
where destroyed_at is null
group by agency_id
having max(created_at) < %(before)s
order by agency_id
limit 1

-- name: secret_columns
-- The columns that hold secrets, by their names and type; partitions are reached through their parents.
select n.nspname as schema, c.relname as "table", a.attname as "column"
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('app', 'public') and c.relkind in ('r', 'p') and not c.relispartition
  and a.attname like '%%\_encrypted' and a.atttypid = 'bytea'::regtype and not a.attisdropped
order by 1, 2, 3
limit %(rows_max)s

-- name: drop_totp
-- The person's second factor goes, confirmed or not.
delete from app.credential where user_id = %(user_id)s and kind = 'totp'

-- name: add_totp
-- A second factor that waits for its first code.
insert into app.credential (id, user_id, kind, secret_encrypted, label)
values (%(id)s, %(user_id)s, 'totp', %(secret_encrypted)s, %(label)s)

-- name: totps
-- The second factors of a person.
select id, label, confirmed_at, created_at from app.credential
where user_id = %(user_id)s and kind = 'totp'
order by created_at
limit %(rows_max)s

-- name: take_totp
-- The second factor, locked: of two who bring the same code, one is too late.
select id, secret_encrypted, last_used_step, confirmed_at from app.credential
where user_id = %(user_id)s and kind = 'totp'
for update

-- name: use_totp
-- The code of that step was taken; the first one confirms.
update app.credential
set last_used_step = %(step)s, last_used_at = %(now)s, confirmed_at = coalesce(confirmed_at, %(now)s)
where id = %(id)s

-- name: add_recovery_code
-- One way in for when the authenticator is lost.
insert into app.credential (user_id, kind, code_hash) values (%(user_id)s, 'recovery_code', %(code_hash)s)

-- name: use_recovery_code
-- Each is good once.
delete from app.credential
where user_id = %(user_id)s and kind = 'recovery_code' and code_hash = %(code_hash)s
returning id

-- name: drop_recovery_codes
-- New ones take the place of the old.
delete from app.credential where user_id = %(user_id)s and kind = 'recovery_code'

-- name: drop_refresh_tokens
-- Those from before the second factor was given.
delete from app.refresh_token where session_id = %(session_id)s

-- name: permission_keys
-- Every permission that there is.
select key from public.permission order by key limit %(rows_max)s

-- name: flags_of_agency
-- The flags of an agency.
select key, app, is_enabled, percentage, description from public.feature_flag
where agency_id = %(agency_id)s
order by key, app
limit %(rows_max)s

-- name: put_flag
-- One flag of an agency in one app.
insert into public.feature_flag (agency_id, key, app, is_enabled, percentage, description)
values (%(agency_id)s, %(key)s, %(app)s, %(is_enabled)s, %(percentage)s, %(description)s)
on conflict on constraint feature_flag_key_app_key do update set
  is_enabled = excluded.is_enabled, percentage = excluded.percentage, description = excluded.description
returning id

-- name: members_of_agency
-- The people of an agency, with how many clients each was given.
select u.id, u.email, u.first_name, u.last_name, u.role, u.is_active, u.last_login_at,
       (select count(*) from public.member_client_access as m
        where m.agency_id = u.agency_id and m.user_id = u.id)::int as clients
from public."user" as u
where u.agency_id = %(agency_id)s
order by lower(u.email)
limit %(rows_max)s

-- name: set_role
-- Another role.
update public."user" set role = %(role)s where id = %(user_id)s

-- name: set_active
-- Whether the person gets in.
update public."user" set is_active = %(is_active)s where id = %(user_id)s

-- name: owners_of_agency
-- The owners who get in, locked.
select id from public."user"
where agency_id = %(agency_id)s and role = 'owner' and is_active
order by id
limit %(rows_max)s
for update

-- name: client_access_of
-- A client that the person was given.
select id from public.member_client_access where agency_id = %(agency_id)s and user_id = %(user_id)s limit 1

-- name: drop_client_access
-- The clients that a person sees no more.
delete from public.member_client_access
where agency_id = %(agency_id)s and user_id = %(user_id)s and client_id <> all (%(but)s::uuid[])

-- name: forget_person
-- The row stays for what points at it; nothing in it tells who it was. Nobody signs in with it.
update public."user" set
  email = 'erased+' || id::text || '@invalid', first_name = null, last_name = null, avatar_url = null,
  settings = '{}', is_active = false, last_login_at = null
where id = %(user_id)s

-- name: forget_invitations
-- The address stands in the invitation that they came by, too.
update public.invitation set
  email = 'erased+' || id::text || '@invalid', revoked_at = coalesce(revoked_at, accepted_at, now())
where agency_id = %(agency_id)s and lower(email) = lower(%(email)s)
