-- Two agencies that look alike; whatever is the second's says FOREIGN.
insert into agency (id, name, slug, settings) values
  (%(northwind)s, 'Northwind', 'northwind', '{"brand": {"primary": "#0f766e"}}'),
  (%(foreign)s, 'FOREIGN agency', 'foreign', '{}');
insert into "user" (id, agency_id, email, role, first_name, last_name)
select ('019b0000-0000-7000-8000-0000000001' || a.n || r.n)::uuid, a.id, r.role || '@' || a.host,
       r.role, case a.n when '0' then 'Ada' else 'FOREIGN' end, initcap(r.role)
from (values ('0', %(northwind)s::uuid, 'northwind.example'),
             ('1', %(foreign)s::uuid, 'foreign.example')) as a (n, id, host)
cross join (values ('1', 'owner'), ('2', 'admin'), ('3', 'manager'), ('4', 'member'),
                   ('5', 'client')) as r (n, role);
insert into app.credential (user_id, kind, password_hash)
select id, 'password', %(hash)s from "user";
insert into client (agency_id, id, name, company_name, stage, health_status, industry, contact_name,
                    contact_email, stage_entered_at, created_at)
select %(northwind)s, ('019b0000-0000-7000-8000-00000000020' || to_hex(i))::uuid,
       n.name, n.name || ' Ltd', n.stage, n.health, 'Software', 'Grace Ellis',
       lower(replace(n.name, ' ', '')) || '@example.test', now() - i * interval '5 days',
       timestamptz '2025-06-01 09:00Z' + i * interval '9 days'
from (values (1, 'Alder & Sons', 'Onboarding', 'green'), (2, 'Beacon Health', 'Live', 'green'),
             (3, 'Cedar Finance', 'Live', 'yellow'), (4, 'Driftwood', 'Audit', 'green'),
             (5, 'Ember Studio', 'Needs Support', 'red'), (6, 'Fathom', 'Installation', 'green'),
             (7, 'Glasshouse', 'Live', 'green'), (8, 'Halyard', 'Onboarding', 'yellow'),
             (9, 'Ironwood', 'Live', 'green'), (10, 'Juniper', 'Off-Boarding', 'red'))
     as n (i, name, stage, health);
insert into client (agency_id, id, name, company_name, stage)
select %(foreign)s, ('019b0000-0000-7000-8000-00000000030' || i)::uuid, 'FOREIGN client ' || i,
       'FOREIGN company', 'Live' from generate_series(1, 3) as i;
insert into member_client_access (agency_id, client_id, user_id, kind)
select u.agency_id, c.id, u.id, case u.role when 'client' then 'client' else 'member' end
from "user" as u join client as c on c.agency_id = u.agency_id and c.name in ('Beacon Health',
  'FOREIGN client 1') where u.role in ('member', 'client');
insert into campaign (agency_id, id, client_id, name, trigger_word, status, description,
                      dm_template_step1)
select %(northwind)s, ('019b0000-0000-7000-8000-00000000040' || to_hex(i))::uuid,
       ('019b0000-0000-7000-8000-00000000020' || to_hex(n.client))::uuid, n.name, n.word, n.status,
       'A playbook for those who comment.', 'Hello {{first_name}}, here it is.'
from (values (1, 2, 'Founder playbook', 'PLAYBOOK', 'active'),
             (2, 3, 'Pipeline teardown', 'AUDIT', 'active'),
             (3, 2, 'Pricing calculator', 'PRICING', 'paused'),
             (4, 5, 'Hiring scorecard', 'SCORE', 'active'),
             (5, 6, 'GTM checklist', 'GTM', 'draft'),
             (6, 3, 'Cold e-mail swipe file', 'SWIPE', 'completed')) as n (i, client, name, word, status);
insert into campaign (agency_id, id, client_id, name, trigger_word, status)
select %(foreign)s, ('019b0000-0000-7000-8000-00000000050' || i)::uuid,
       ('019b0000-0000-7000-8000-00000000030' || i)::uuid, 'FOREIGN campaign ' || i, 'FOREIGN', 'active'
from generate_series(1, 3) as i;
insert into lead (agency_id, id, client_id, campaign_id, linkedin_id, first_name, last_name, email,
                  company, status, created_at)
select %(northwind)s, ('019b0000-0000-7000-8000-000000006' || lpad(i::text, 3, '0'))::uuid, c.client_id, c.id,
       'urn:' || i, (array['Ruth', 'Omar', 'Lena', 'Kofi', 'Mei'])[1 + i %% 5], 'Lead ' || i,
       case when i %% 3 = 0 then 'lead' || i || '@example.test' end, 'Example ' || i %% 20,
       (array['comment_detected', 'dm_sent', 'email_captured', 'failed'])[1 + i %% 4],
       timestamptz '2025-10-01 08:00Z' + i * interval '3 hours'
from generate_series(1, 240) as i
join campaign as c on c.agency_id = %(northwind)s
  and c.id = ('019b0000-0000-7000-8000-00000000040' || 1 + i %% 4)::uuid;
insert into lead (agency_id, id, client_id, campaign_id, linkedin_id, first_name, last_name, email)
select %(foreign)s, ('019b0000-0000-7000-8000-000000007' || lpad(i::text, 3, '0'))::uuid, c.client_id, c.id,
       'urn:f' || i, 'FOREIGN', 'lead ' || i, 'foreign' || i || '@example.test'
from generate_series(1, 9) as i
join campaign as c on c.agency_id = %(foreign)s
  and c.id = ('019b0000-0000-7000-8000-00000000050' || 1 + i %% 3)::uuid;
insert into notification (agency_id, user_id, kind, title, body, link)
select u.agency_id, u.id, 'lead', case u.agency_id when %(northwind)s then 'A lead answered'
  else 'FOREIGN notice' end, 'Ruth Lead 3 left an address.', '/revos/leads' from "user" as u;
insert into saved_view (agency_id, user_id, page, name, query)
select agency_id, id, 'clients', case agency_id when %(northwind)s then 'At risk' else 'FOREIGN view' end,
       'health_status=red' from "user";
;
select app.ensure_partitions('2025-12-01Z', '2025-12-31Z', 'webhook_delivery');
select app.ensure_partitions('2025-12-01Z', '2025-12-31Z', 'pod_activity');
create temporary table one on commit drop as
select * from (values
  (1, %(northwind)s::uuid, '019b0000-0000-7000-8000-000000000202'::uuid, '019b0000-0000-7000-8000-000000000401'::uuid,
   '019b0000-0000-7000-8000-000000006004'::uuid, 'Ours'),
  (2, %(foreign)s::uuid, '019b0000-0000-7000-8000-000000000301'::uuid, '019b0000-0000-7000-8000-000000000501'::uuid,
   '019b0000-0000-7000-8000-000000007003'::uuid, 'FOREIGN'),
  (3, %(northwind)s::uuid, '019b0000-0000-7000-8000-000000000203'::uuid, '019b0000-0000-7000-8000-000000000402'::uuid,
   '019b0000-0000-7000-8000-000000006001'::uuid, 'Unseen')) as n (i, agency_id, client_id, campaign_id, lead_id, name);
insert into linkedin_account (agency_id, id, client_id, user_id, account_name, unipile_account_id, provider_person_id, status)
select o.agency_id, ('019b0000-0000-7000-8000-00000000080' || i)::uuid, o.client_id,
       (select min(u.id::text)::uuid from "user" as u where u.agency_id = o.agency_id), name || ' account', 'u' || i, 'p' || i,
       'restricted' from one as o;
insert into post (agency_id, id, client_id, campaign_id, linkedin_account_id, content, status)
select agency_id, ('019b0000-0000-7000-8000-00000000090' || i)::uuid, client_id, campaign_id,
       ('019b0000-0000-7000-8000-00000000080' || i)::uuid, name || ' post', 'draft' from one;
insert into comment (agency_id, id, client_id, post_id, linkedin_account_id, unipile_comment_id, author_name,
                     author_linkedin_id, content)
select agency_id, ('019b0000-0000-7000-8000-000000000a0' || i)::uuid, client_id,
       ('019b0000-0000-7000-8000-00000000090' || i)::uuid, ('019b0000-0000-7000-8000-00000000080' || i)::uuid, 'c' || i,
       name || ' commenter', 'a' || i, name || ': no guide for me?' from one;
insert into triggered_comment (agency_id, id, client_id, campaign_id, post_id, comment_id, trigger_word, match_kind, score,
                               reason, status)
select agency_id, ('019b0000-0000-7000-8000-000000000b0' || i)::uuid, client_id, campaign_id,
       ('019b0000-0000-7000-8000-00000000090' || i)::uuid, ('019b0000-0000-7000-8000-000000000a0' || i)::uuid, 'GUIDE', 'word',
       0.5, 'a question', 'review' from one;
insert into dm_sequence (agency_id, id, client_id, campaign_id, lead_id, linkedin_account_id, last_inbound_at)
select agency_id, ('019b0000-0000-7000-8000-000000000c0' || i)::uuid, client_id, campaign_id, lead_id,
       ('019b0000-0000-7000-8000-00000000080' || i)::uuid, now() from one;
insert into dm_step (agency_id, id, client_id, dm_sequence_id, linkedin_account_id, step, status, message, claimed_at)
select agency_id, ('019b0000-0000-7000-8000-000000000d0' || i)::uuid, client_id,
       ('019b0000-0000-7000-8000-000000000c0' || i)::uuid, ('019b0000-0000-7000-8000-00000000080' || i)::uuid, 1, 'unknown',
       name || ' message', now() from one;
insert into email_extraction_review (agency_id, id, client_id, lead_id, dm_sequence_id, message_text, candidate_email, confidence)
select agency_id, ('019b0000-0000-7000-8000-000000000e0' || i)::uuid, client_id, lead_id,
       ('019b0000-0000-7000-8000-000000000c0' || i)::uuid, name || ' reply', 'kim@acme.com', 0.5 from one;
insert into webhook_config (agency_id, id, client_id, name, url)
select agency_id, ('019b0000-0000-7000-8000-000000000f0' || i)::uuid, client_id, name || ' endpoint',
       'https://example.test/hook' from one;
insert into webhook_delivery (agency_id, id, client_id, webhook_config_id, lead_id, event_type, payload, status)
select agency_id, ('019b0000-0000-7000-8000-00000000100' || i)::uuid, client_id,
       ('019b0000-0000-7000-8000-000000000f0' || i)::uuid, lead_id, 'lead.captured', '{}', 'failed' from one;
insert into pod (agency_id, id, client_id, name)
select agency_id, ('019b0000-0000-7000-8000-00000000110' || i)::uuid, client_id, name || ' pod' from one;
insert into pod_member (agency_id, id, client_id, pod_id, user_id, linkedin_account_id)
select o.agency_id, ('019b0000-0000-7000-8000-00000000120' || i)::uuid, client_id,
       ('019b0000-0000-7000-8000-00000000110' || i)::uuid,
       (select min(u.id::text)::uuid from "user" as u where u.agency_id = o.agency_id),
       ('019b0000-0000-7000-8000-00000000080' || i)::uuid from one as o;
insert into pod_activity (agency_id, id, client_id, pod_id, post_id, post_url, member_id, engagement_type, scheduled_for, expires_at)
select agency_id, ('019b0000-0000-7000-8000-00000000130' || i)::uuid, client_id,
       ('019b0000-0000-7000-8000-00000000110' || i)::uuid, ('019b0000-0000-7000-8000-00000000090' || i)::uuid,
       name || ' address', ('019b0000-0000-7000-8000-00000000120' || i)::uuid, 'comment', now(), now() + interval '1 day' from one;
update lead as l set dm_sequence_id = ('019b0000-0000-7000-8000-000000000c0' || o.i)::uuid,
       linkedin_id = 'a' || o.i, comment_id = ('019b0000-0000-7000-8000-000000000a0' || o.i)::uuid
from one as o where l.agency_id = o.agency_id and l.id = o.lead_id;
insert into dm_message (agency_id, client_id, dm_sequence_id, lead_id, linkedin_account_id, direction, message, sent_at)
select agency_id, client_id, ('019b0000-0000-7000-8000-000000000c0' || i)::uuid, lead_id,
       ('019b0000-0000-7000-8000-00000000080' || i)::uuid, d.direction, name || ' ' || d.direction || ' words', now() - d.ago
from one cross join (values ('outbound', interval '2 hours'), ('inbound', interval '1 hour')) as d (direction, ago);
insert into dm_delivery (agency_id, client_id, campaign_id, lead_id, linkedin_account_id, provider_person_id, step, status)
select agency_id, client_id, campaign_id, lead_id, ('019b0000-0000-7000-8000-00000000080' || i)::uuid, 'a' || i, 1, 'unknown'
from one;
insert into pending_connection (agency_id, id, client_id, campaign_id, lead_id, linkedin_account_id, provider_person_id,
                                display_name, status, replied_at, sent_at, accepted_at)
select agency_id, ('019b0000-0000-7000-8000-00000000150' || i)::uuid, client_id, campaign_id, lead_id,
       ('019b0000-0000-7000-8000-00000000080' || i)::uuid, 'a' || i, name || ' person', 'accepted',
       now() - interval '3 days', now() - interval '2 days', now() - interval '1 day'
from one;
select app.ensure_partitions(now()::timestamptz - interval '2 days', now()::timestamptz, 'provider_call');
insert into provider_call (agency_id, client_id, linkedin_account_id, route, sender, status, called_at, next_write_at, finished_at)
select agency_id, client_id, ('019b0000-0000-7000-8000-00000000080' || i)::uuid, r.route, 'message', 'done',
       now() - n.number * interval '5 minutes', now(), now()
from one cross join (values ('dm', 7), ('invitation', 3), ('reaction', 2)) as r (route, many)
cross join lateral generate_series(1, r.many) as n (number);
insert into app.job (agency_id, client_id, app_context, queue, kind, last_error)
select agency_id, client_id, 'revos', 'webhooks', name || ' waiting', null from one;
insert into app.job_archive (job_id, agency_id, client_id, app_context, queue, kind, payload, status, attempt, attempts_max,
                             run_at, created_at, last_error)
select ('019b0000-0000-7000-8000-00000000160' || i)::uuid, agency_id, client_id, 'both', 'webhooks', name || ' job', '{}',
       'failed', 5, 5, now(), now(), name || ' endpoint answered 500' from one
