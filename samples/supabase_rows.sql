-- The accounts behind a source's people: `account` lists them (i, id, email, at). Same id as the
-- person; one identity by e-mail each, for every fifth one by Google too.
insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, last_sign_in_at,
                        raw_app_meta_data, raw_user_meta_data, is_super_admin, created_at, updated_at)
select '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', lower(email),
       sample.password_hash(i), at, at + interval '90 days',
       case when i % 5 = 0 then '{"provider": "email", "providers": ["email", "google"]}'
            else '{"provider": "email", "providers": ["email"]}' end::jsonb,
       jsonb_build_object('full_name', sample.first_name(i) || ' ' || sample.last_name(i)), false, at, at
from account;

insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
select sample.key('identity', i), id::text, id,
       jsonb_build_object('sub', id, 'email', lower(email), 'email_verified', true), 'email',
       at + interval '90 days', at, at
from account;

insert into auth.identities (id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
select sample.key('google identity', i), (hashtextextended(lower(email), 3) & 9223372036854775807)::text, id,
       jsonb_build_object('sub', (hashtextextended(lower(email), 3) & 9223372036854775807)::text, 'email', lower(email)), 'google', null, at, at
from account
where i % 5 = 0;

-- Accounts that do not simply move: banned, deleted, without a password, of an agency's own identity
-- provider; those that never became a person are anonymous visitors and people known by telephone.
update auth.users as u
set banned_until = case when i % 17 = 8 then at + interval '20 years' end,
    deleted_at = case when i % 29 = 14 then at + interval '120 days' end,
    is_sso_user = i % 31 = 15,
    encrypted_password = case when i % 20 <> 10 and i % 31 <> 15 then encrypted_password end
from account where account.id = u.id and i % 17 = 8 or account.id = u.id and (i % 29 = 14 or i % 31 = 15 or i % 20 = 10);
update auth.users as u
set is_anonymous = i % 2 = 0, email = null, encrypted_password = null,
    phone = case when i % 2 = 1 then '4930555' || i end
from account where account.id = u.id and account.email like 'unfinished%';
