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
select sample.key('google identity', i), (sample.mix(i, 3) % 1000000000000)::text || i, id,
       jsonb_build_object('sub', sample.mix(i, 3)::text, 'email', lower(email)), 'google', null, at, at
from account
where i % 5 = 0;
