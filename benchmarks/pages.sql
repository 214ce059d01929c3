-- An agency with much of everything that pages list. `:names` are numbers that the benchmark fills in.
insert into agency (name, slug) values ('Northwind', 'northwind');
insert into "user" (agency_id, email, role) select id, 'ada@example.test', 'owner' from agency;
insert into client (agency_id, name) select a.id, 'Client ' || i
  from agency as a cross join generate_series(1, 40) as i;
insert into campaign (agency_id, id, client_id, name, trigger_word, status)
  select agency_id,
         case when name = 'Client 1' then '019b0000-0000-7000-8000-000000000001'::uuid else app.uuid7() end, id,
         'Campaign of ' || name, 'WORD', 'active' from client;
insert into lead (agency_id, client_id, campaign_id, linkedin_id, first_name, last_name, status)
  select agency_id, client_id, id, 'urn:' || i, 'Ruth', 'Lead ' || i,
         (array['comment_detected', 'dm_sent', 'failed'])[1 + i % 3]
  from campaign cross join generate_series(1, :leads_a_campaign) as i;
insert into linkedin_account (agency_id, client_id, user_id, account_name, unipile_account_id, status)
  select c.agency_id, c.id, u.id, 'Account of ' || c.name, c.name, 'active'
  from client as c join "user" as u on u.agency_id = c.agency_id;
insert into post (agency_id, client_id, campaign_id, linkedin_account_id, content, status)
  select c.agency_id, c.client_id, c.id, a.id, 'Post ' || i, 'draft' from campaign as c
  join linkedin_account as a on a.client_id = c.client_id cross join generate_series(1, 50) as i;
insert into provider_call (agency_id, client_id, linkedin_account_id, route, sender, status, called_at,
                           next_write_at, finished_at)
  select agency_id, client_id, id, (array['dm', 'invitation', 'reaction'])[1 + i % 3], 'message', 'done',
         now() - i * interval '10 minutes', now(), now()
  from linkedin_account cross join generate_series(1, 120) as i;
insert into dm_sequence (agency_id, client_id, campaign_id, lead_id, last_inbound_at)
  select agency_id, client_id, campaign_id, id, now() from lead where status = 'dm_sent';
update lead as l set dm_sequence_id = q.id, email = l.linkedin_id || '@example.com' from dm_sequence as q
  where q.lead_id = l.id;
insert into dm_delivery (agency_id, client_id, campaign_id, lead_id, provider_person_id, step, status, sent_at)
  select agency_id, client_id, campaign_id, id, linkedin_id, 1, 'sent', now() from lead where status <> 'comment_detected';
insert into comment (agency_id, client_id, post_id, author_name, author_linkedin_id, content)
  select p.agency_id, p.client_id, p.id, 'Ruth', 'urn:' || i, 'WORD, please' from post as p
  cross join generate_series(1, 40) as i;
insert into dm_message (agency_id, client_id, dm_sequence_id, lead_id, direction, message)
  select agency_id, client_id, id, lead_id, 'inbound', 'Please send it to ruth@example.com'
  from dm_sequence;
insert into webhook_config (agency_id, client_id, name, url)
  select agency_id, id, 'Endpoint', 'https://example.test/hook' from client;
insert into webhook_delivery (agency_id, client_id, webhook_config_id, lead_id, event_type, payload, status)
  select q.agency_id, q.client_id, w.id, q.lead_id, 'lead.captured', '{}', 'success'
  from dm_sequence as q join webhook_config as w on w.client_id = q.client_id;
insert into app.job (agency_id, client_id, app_context, queue, kind, run_at)
  select agency_id, client_id, 'revos', 'sending', 'revos.dispatch', now() + i * interval '1 minute'
  from campaign cross join generate_series(1, :jobs_a_campaign) as i;
insert into app.job_archive (job_id, agency_id, client_id, app_context, queue, kind, payload, status, attempt,
                             attempts_max, run_at, created_at)
  select app.uuid7(), agency_id, client_id, 'revos', 'webhooks', 'webhook.deliver', '{}',
         case when i % 50 = 0 then 'failed' else 'completed' end, 1, 5, now(), now()
  from campaign cross join generate_series(1, :leads_a_campaign) as i;
