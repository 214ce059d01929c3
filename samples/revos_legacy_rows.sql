-- The rows of revos_legacy.sql; the functions stand in legacy_functions.sql. Agencies are numbers 40
-- to 51 of the pool. A person's agency is i % 12, a client's too: see there.

insert into agencies (id, name, slug, settings, subscription_tier, subscription_status, created_at, updated_at)
select key('agency', i), agency_name(40 + i), agency_slug(40 + i), jsonb_build_object('brand', agency_slug(40 + i)),
       pick(i, '{starter,growth,scale}'), pick(i / 4, '{active,active,past_due}'), moment(0, i), moment(1, i)
from positions('agencies') as i;

insert into clients (id, agency_id, name, company_name, industry, website, settings, subscription_status, created_at, updated_at)
select key('client', i), key('agency', i % 12), client_name(40 + i % 12, i / 12), client_name(40 + i % 12, i / 12) || ' Ltd',
       pick(i, '{health,building,sport,energy,law,food}'), 'https://client' || i || '.example', '{}'::jsonb,
       case when struck('stripe_status', i) then 'canceled' else 'active' end, moment(1, i), moment(2, i)
from positions('clients') as i
union all  -- whose agency was deleted by hand, and what hangs on it
select key('lost client', i), null, 'Lost client ' || i, null, null, null, '{}'::jsonb, 'active', moment(1, i), moment(1, i)
from positions('clients without agency') as i;

insert into users (id, client_id, email, first_name, last_name, role, settings, last_login_at, created_at, updated_at)
select key('user', i), key('client', i % size('clients')),
       case when i % 3 = 1 then initcap(person_email(40 + i % 12, i / 12)) else person_email(40 + i % 12, i / 12) end,
       first_name(i), last_name(i), pick(i / size('clients'), '{admin,manager,member}'), '{"theme": "dark"}'::jsonb,
       moment(9, i), moment(2, i), moment(3, i)
from positions('users') as i
union all  -- an import that did not fold the case
select key('double', i), key('client', i % size('clients')), upper(person_email(40 + i % 12, i / 12)),
       first_name(i), null, 'member', '{}'::jsonb, null, moment(4, i), moment(4, i)
from positions('users again in other case') as i
union all
select key('loose user', i), null, 'loose' || i || '@nowhere.example', first_name(i), last_name(i), 'member', '{}'::jsonb, null,
       moment(4, i), moment(4, i)
from positions('users without client') as i;

create temp table account on commit drop as
select i, key('user', i) as id, person_email(40 + i % 12, i / 12) as email, moment(2, i) as at
from positions('users') as i
union all
select size('users') + i, key('unfinished', i), 'unfinished' || i || '@nowhere.example', moment(5, i)
from positions('accounts without person') as i;

insert into user_preferences (user_id, theme, email_digest, settings, updated_at)
select key('user', i), pick(i, '{system,dark,light}'), i % 4 > 0, '{}', moment(3, i)
from positions('user_preferences') as i;

insert into feature_flags (id, agency_id, flag, enabled, created_at)
select key('flag', i), key('agency', i % 12), pick(i / 12, '{pods,console,voice}'), i % 2 = 0, moment(1, i)
from positions('feature_flags') as i;

insert into linkedin_accounts (id, user_id, account_name, linkedin_email, linkedin_password, unipile_account_id,
                               profile_data, status, last_sync_at, daily_dm_count, created_at, updated_at)
select key('account', i), key('user', i % size('users')), first_name(i) || ' on LinkedIn', person_email(40 + i % 12, i / 12),
       'enc:' || md5(i::text), 'unipile_' || i, jsonb_build_object('headline', 'Head of № ' || i % 40),
       case when struck('disconnected', i) then 'disconnected' else pick(i / 7, '{active,active,active,expired,error}') end,
       moment(9, i), i % 40, moment(3, i), moment(4, i)
from positions('linkedin_accounts') as i;

insert into connected_accounts (id, user_id, provider, account_id, account_name, access_token, status, created_at)
select key('connected', i), key('user', i % size('users')), pick(i, '{zapier,convertkit,calendly}'), 'acc_' || i,
       'Account ' || i, 'enc:' || md5(i::text), 'active', moment(3, i)
from positions('connected_accounts') as i;

insert into lead_magnet_library (id, client_id, title, description, url, category, is_active, created_at)
select key('library', i), key('client', i % size('clients')), 'Guide ' || i, null, 'https://files.example/guide-' || i || '.pdf',
       pick(i, '{guide,checklist,webinar}'), i % 5 > 0, moment(2, i)
from positions('lead_magnet_library') as i;

insert into lead_magnets (id, client_id, name, file_path, file_size, file_type, download_count, tags, created_at, updated_at)
select key('magnet', i), key('client', i % size('clients')), 'Checklist ' || i, 'lead-magnets/' || key('magnet', i) || '.pdf',
       2000 + mix(i) % 4000, 'application/pdf', mix(i, 2) % 900, array[pick(i, '{seo,ads,care}'), 'pdf'], moment(3, i), moment(3, i)
from positions('lead_magnets') as i;

insert into webhook_configs (id, client_id, name, url, secret, headers, esp_type, active, created_at, updated_at)
select key('webhook', i), key('client', i % size('clients')), 'CRM ' || i, 'https://hooks.example/' || i, 'whsec_' || md5(i::text),
       '{"X-App": "revos"}', pick(i, '{zapier,make,convertkit,custom}'), i % 6 > 0, moment(3, i), moment(3, i)
from positions('webhook_configs') as i;

insert into campaigns (id, client_id, name, description, lead_magnet_id, trigger_word, post_template, dm_template_step1,
                       dm_template_step2, webhook_config_id, settings, status, metrics, starts_at, created_at, updated_at)
select key('campaign', i), key('client', i % size('clients')), 'Campaign ' || i / size('clients') + 1, 'Leads for № ' || i,
       key('magnet', i % size('lead_magnets')), pick(i, '{GUIDE,SCALE,YES,SÍ,INFO}'), 'Comment {{trigger_word}} below',
       'Hi {{first_name}}, which e-mail may I send it to?', 'Thanks, {{first_name}} 🙏', key('webhook', i % size('webhook_configs')),
       '{"dmSequence": {"steps": 3}}'::jsonb,
       case when struck('archived', i) then 'archived' else pick(i / 5, '{active,active,draft,paused,completed}') end,
       jsonb_build_object('leads', mix(i) % 500), moment(4, i) + interval '1 day', moment(4, i), moment(5, i)
from positions('campaigns') as i
union all
select key('lost campaign', i), key('lost client', i), 'Campaign 1', null, null, 'LOST', null, null, null, null, '{}'::jsonb, 'draft', '{}'::jsonb,
       null, moment(4, i), moment(4, i)
from positions('campaigns of clients without agency') as i
union all
select key('loose campaign', i), null, 'Loose campaign ' || i, null, null, 'LOOSE', null, null, null, null, '{}'::jsonb, 'draft', '{}'::jsonb,
       null, moment(4, i), moment(4, i)
from positions('campaigns without client') as i;

insert into posts (id, campaign_id, linkedin_account_id, unipile_post_id, post_url, content, media_urls, trigger_word, status,
                   scheduled_for, published_at, metrics, created_at, updated_at)
select key('post', i), key('campaign', i % size('campaigns')), key('account', i % size('linkedin_accounts')), 'urn:li:activity:' || 7000000000 + i,
       'https://linkedin.example/posts/' || i, 'What I learned in ' || i % 30 || ' years of ' || pick(i, '{roofs,teeth,gardens,law}') || ' 🚀',
       array['https://files.example/' || i || '.png'], 'GUIDE',
       case when struck('queued', i) then 'queued' else 'published' end, moment(5, i), moment(5, i) + interval '1 hour',
       jsonb_build_object('impressions', mix(i) % 20000, 'likes', mix(i, 1) % 300), moment(5, i), moment(6, i)
from positions('posts') as i;

insert into comments (id, post_id, unipile_comment_id, author_name, author_linkedin_id, author_profile_url, content,
                      has_trigger_word, dm_sent, dm_sent_at, created_at)
select key('comment', i), key('post', i % size('posts')), 'cmt_' || i, first_name(i) || ' ' || last_name(i), 'ACoAA' || i,
       'https://linkedin.example/in/' || i, pick(i, '{GUIDE please,Great read!,¡GUIDE!,"Interested, GUIDE",ありがとう}'), i % 5 in (0, 2, 3),
       i < size('leads'), case when i < size('leads') then moment(7, i) end, moment(6, i)
from positions('comments') as i;

insert into leads (id, campaign_id, email, first_name, last_name, linkedin_id, linkedin_url, company, title, source, status,
                   comment_id, dm_sequence_id, custom_fields, created_at, updated_at)
select key('lead', i), key('campaign', i % size('campaigns')), case when i % 3 > 0 then 'lead' || i || '@mail.example' end,
       first_name(i), last_name(i), 'ACoAA' || i, 'https://linkedin.example/in/' || i, 'Company ' || i % 400, 'Owner', 'comment',
       case when struck('unsubscribed', i) then 'unsubscribed'
            else pick(i, '{comment_detected,dm_sent,dm_replied,email_captured,completed}') end::lead_status,
       key('comment', i), case when i < size('dm_sequences') then key('sequence', i) end,
       case when i % 2 = 0 then '{}' else jsonb_build_object('team', i % 9) end, moment(7, i), moment(8, i)
from positions('leads') as i;

insert into dm_sequences (id, lead_id, campaign_id, step1_scheduled_for, step1_sent_at, step1_message, step1_unipile_message_id,
                          step1_status, step2_sent_at, step2_message, email_extracted, email_extracted_at, step3_scheduled_for,
                          link_clicked, status, completed_at, created_at, updated_at)
select key('sequence', i), key('lead', i), key('campaign', i % size('campaigns')), moment(7, i), moment(7, i) + interval '4 minutes',
       'Hi ' || first_name(i), 'msg1_' || i, 'sent', case when i % 3 > 0 then moment(8, i) end, case when i % 3 > 0 then 'Thanks!' end,
       case when i % 3 > 0 then 'lead' || i || '@mail.example' end, case when i % 3 > 0 then moment(8, i) end, moment(9, i),
       i % 7 = 0, pick(i, '{in_progress,completed,completed,failed,abandoned}'), case when i % 5 in (1, 2) then moment(9, i) end,
       moment(7, i), moment(9, i)
from positions('dm_sequences') as i;

insert into dm_messages (id, dm_sequence_id, direction, message, unipile_message_id, unipile_conversation_id, sent_at, created_at)
select key('message', i), key('sequence', i % size('dm_sequences')), pick(i / size('dm_sequences'), '{outbound,inbound}'),
       pick(i, '{Hi there,Sure: me at mail.example,Thanks!,„Ja“ bitte}'), 'um_' || i, 'conv_' || i % size('dm_sequences'), moment(8, i), moment(8, i)
from positions('dm_messages') as i;

insert into dm_deliveries (id, campaign_id, lead_id, account_id, step, status, sent_at, created_at)
select key('delivery', i), key('campaign', (i + struck('crossed_delivery', i)::integer) % size('campaigns')), key('lead', i),
       key('account', i % size('linkedin_accounts')), 1, pick(i, '{sent,sent,sent,failed}'),
       moment(7, i) at time zone 'UTC', moment(7, i) at time zone 'UTC'
from positions('dm_deliveries') as i;

insert into pending_connections (id, lead_id, linkedin_account_id, provider_id, status, sent_at, created_at)
select key('connection', i), key('lead', i), key('account', i % size('linkedin_accounts')), 'ACoAA' || i,
       pick(i, '{pending,accepted,expired}'), moment(8, i), moment(8, i)
from positions('pending_connections') as i;

insert into triggered_comments (id, campaign_id, post_id, comment_id, trigger_word, score, created_at)
select key('trigger', i), key('campaign', i % size('campaigns')), key('post', i % size('posts')), key('comment', i), 'GUIDE',
       (mix(i) % 1000) / 1000.0, moment(7, i)
from positions('triggered_comments') as i;

insert into processed_comments (comment_id, linkedin_account_id, post_id, processed_at)
select 'cmt_' || i, key('account', i % size('linkedin_accounts')), key('post', i % size('posts')), moment(7, i)
from positions('processed_comments') as i;

insert into processed_messages (message_id, linkedin_account_id, processed_at)
select 'um_' || i, key('account', i % size('linkedin_accounts')), moment(8, i)
from positions('processed_messages') as i;

insert into email_extraction_reviews (id, lead_id, dm_sequence_id, message_text, candidate_email, confidence, status, created_at)
select key('review', i), key('lead', i), key('sequence', i), 'me (at) mail', 'me@mail.example', (mix(i) % 1000) / 1000.0, 'pending', moment(8, i)
from positions('email_extraction_reviews') as i;

insert into email_queue (id, lead_id, to_email, subject, body, status, sent_at, created_at)
select key('email', i), case when struck('lost_email', i) then key('deleted lead', i) else key('lead', i) end, 'lead' || i || '@mail.example',
       'Your guide', 'Here it is.', pick(i, '{pending,sent,sent}'), case when i % 3 > 0 then moment(9, i) end, moment(8, i)
from positions('email_queue') as i;

insert into suppressions (id, client_id, email, reason, created_at)
select key('suppression', i), key('client', i % size('clients')), 'gone' || i || '@mail.example', pick(i, '{opt_out,bounce}'), moment(8, i)
from positions('suppressions') as i;

insert into webhook_deliveries (id, webhook_config_id, lead_id, payload, status, status_code, attempt_count, response_time_ms, created_at, delivered_at)
select key('webhook delivery', i), key('webhook', i % size('webhook_configs')), key('lead', i % size('leads')),
       jsonb_build_object('event', 'lead.captured', 'lead', i), pick(i, '{success,success,failed}'), pick(i, '{200,204,500}')::integer, 1 + i % 3,
       mix(i) % 900, moment(8, i), moment(8, i) + interval '2 seconds'
from positions('webhook_deliveries') as i;

insert into webhook_endpoints (id, client_id, name, token, created_at)
select key('endpoint', i), key('client', i % size('clients')), 'Inbound ' || i, md5('endpoint' || i), moment(3, i)
from positions('webhook_endpoints') as i;

insert into webhook_logs (id, endpoint_id, path, body, status_code, received_at)
select key('webhook log', i), key('endpoint', i % size('webhook_endpoints')), '/in/' || i % size('webhook_endpoints'), '{"n": ' || i || '}', 200,
       moment(8, i) at time zone 'UTC'
from positions('webhook_logs') as i;

insert into unipile_webhook_logs (id, account_id, event, payload, processed, created_at)
select key('unipile log', i), case when struck('lost_account', i) then 'unipile_gone_' || i else 'unipile_' || i % size('linkedin_accounts') end,
       pick(i, '{message_received,message_read,new_relation}'), jsonb_build_object('n', i, 'text', 'Olá № ' || i % 97), true, moment(8, i)
from positions('unipile_webhook_logs') as i;

insert into pods (id, client_id, name, description, settings, created_at, updated_at)
select key('pod', i), key('client', i % size('clients')), 'Pod ' || i / size('clients') + 1, null, '{}', moment(3, i), moment(3, i)
from positions('pods') as i;

insert into pod_members (id, pod_id, user_id, linkedin_account_id, role, participation_score, total_engagements, joined_at)
select key('pod member', i), key('pod', i % size('pods')), key('user', i), key('account', i), pick(i / size('pods'), '{owner,member}'),
       (mix(i) % 101) / 100.0, mix(i, 1) % 400, moment(4, i)
from positions('pod_members') as i;

insert into pod_activities (id, pod_id, post_id, post_url, post_author_id, engagement_type, member_id, scheduled_for, executed_at, status, created_at)
select key('activity', i), key('pod', i % size('pods')), key('post', i % size('posts')), 'https://linkedin.example/posts/' || i % size('posts'),
       key('pod member', (i + size('pods')) % size('pod_members')), pick(i, '{like,comment,repost}'), key('pod member', i % size('pod_members')),
       moment(7, i), moment(7, i) + interval '9 minutes', pick(i, '{completed,completed,pending,skipped}'), moment(6, i)
from positions('pod_activities') as i;

insert into cartridges (id, client_id, user_id, tier, name, voice, knowledge, parent_cartridge_id, created_at, updated_at)
select key('cartridge', i), key('client', i % size('clients')), case when i >= size('clients') then key('user', i % size('users')) end,
       case when i < size('clients') then 'workspace' else 'user' end, 'Cartridge ' || i, '{"tone": "warm"}', '{"values": ["care"]}',
       case when i >= size('clients') then key('cartridge', i % size('clients')) end, moment(3, i), moment(4, i)
from positions('cartridges') as i;

insert into brand_cartridges (id, client_id, name, company_name, tagline, brand_colors, core_values, created_at, updated_at)
select key('brand', i), key('client', i % size('clients')), 'Brand ' || i, 'Company ' || i, 'We care. №' || i, '{#112233,#ddeeff}', '{care,craft}',
       moment(3, i), moment(4, i)
from positions('brand_cartridges') as i;

insert into style_cartridges (id, user_id, name, tone, formality, example_posts, created_at)
select key('style', i), key('user', i % size('users')), 'Style ' || i, pick(i, '{warm,dry,bold}'), i % 6, '{First,Second}', moment(3, i)
from positions('style_cartridges') as i;

insert into voice_cartridges (id, user_id, name, voice_params, is_default, created_at)
select key('voice', i), key('user', i % size('users')), 'Voice ' || i, '{"pace": "calm"}', i < size('users'), moment(3, i)
from positions('voice_cartridges') as i;

insert into preferences_cartridges (id, user_id, language, content_length, hashtag_count, emoji_usage, created_at)
select key('preference', i), key('user', i % size('users')), pick(i, '{en,es,fr}'), 'medium', i % 6, i % 2 = 0, moment(3, i)
from positions('preferences_cartridges') as i;

insert into instruction_cartridges (id, user_id, name, training_docs, process_instructions, created_at)
select key('instruction', i), key('user', i % size('users')), 'Process ' || i, '{handbook.pdf}', '1. Listen. 2. Answer.', moment(3, i)
from positions('instruction_cartridges') as i;

insert into campaign_skills (id, campaign_id, skill_name, config, created_at, updated_at)
select key('skill', i), key('campaign', i % size('campaigns')), pick(i / size('campaigns'), '{copywriting,voice}'), '{}', moment(5, i), moment(5, i)
from positions('campaign_skills') as i;

insert into skill_executions (id, campaign_id, skill_name, input_data, output_data, execution_time_ms, tokens_used, created_at)
select key('execution', i), key('campaign', i % size('campaigns')), pick(i, '{copywriting,voice}'), jsonb_build_object('n', i), '{"ok": true}',
       mix(i) % 9000, mix(i, 1) % 4000, moment(8, i)
from positions('skill_executions') as i;

insert into memories (id, user_id, mem0_memory_id, memory_type, content, metadata, relevance_score, created_at)
select key('memory', i), key('user', i % size('users')), 'mem_' || i, pick(i, '{successful_post,conversion_pattern}'), 'Prefers mornings №' || i,
       jsonb_build_object('scope', key('agency', i % 12) || '::_::' || key('user', i % size('users'))), (mix(i) % 101) / 100.0, moment(8, i)
from positions('memories') as i;

insert into console_workflows (id, agency_id, name, version, definition, created_at)
select key('workflow', i), key('agency', i % 12), pick(i / 12, '{post-writer,lead-scorer}'), 1, '{"steps": []}', moment(3, i)
from positions('console_workflows') as i;

insert into console_prompts (id, workflow_id, name, content, created_at)
select key('prompt', i), key('workflow', i % size('console_workflows')), 'system', 'You are helpful.', moment(3, i)
from positions('console_prompts') as i;

insert into queue_jobs (id, job_id, queue_name, job_type, payload, status, attempts, scheduled_for, created_at)
select key('job', i), 'bull:' || i, pick(i, '{dms,posts,webhooks}'), 'send', jsonb_build_object('userId', key('user', i % size('users'))),
       pick(i, '{completed,completed,failed,pending}'), i % 3, moment(9, i), moment(8, i)
from positions('queue_jobs') as i;

insert into scrape_jobs (id, post_id, status, comments_seen, next_check, created_at)
select key('scrape', i), key('post', i), pick(i, '{scheduled,completed}'), mix(i) % 60, moment(9, i), moment(6, i)
from positions('scrape_jobs') as i;

insert into notifications (id, user_id, type, title, message, read, created_at)
select key('notification', i), case when struck('lost_notification', i) then key('deleted user', i) else key('user', i % size('users')) end,
       'lead_captured', 'New lead', 'Lead № ' || i, i % 3 = 0, moment(8, i)
from positions('notifications') as i;

insert into chat_session (id, user_id, title, created_at)
select key('dead session', i), key('deleted user', i), 'Test ' || i, moment(0, i)
from positions('chat_session') as i;

insert into chat_sessions (id, user_id, title, created_at, updated_at)
select key('chat session', i), key('user', i % size('users')), 'Chat ' || i, moment(6, i), moment(9, i)
from positions('chat_sessions') as i;

insert into chat_messages (id, session_id, role, content, created_at)
select key('chat message', i), key('chat session', i % size('chat_sessions')), pick(i, '{user,assistant}'), 'Hello № ' || i, moment(9, i)
from positions('chat_messages') as i;

insert into hgc_sessions (id, user_id, client_id, title, context, created_at, updated_at)
select key('hgc session', i), key('user', i % size('users')), key('client', i % size('clients')), 'Session ' || i, '{"page": "campaigns"}',
       moment(7, i) at time zone 'UTC', moment(9, i) at time zone 'UTC'
from positions('hgc_sessions') as i;

insert into hgc_messages (id, session_id, role, content, function_calls, tokens, created_at)
select key('hgc message', i), key('hgc session', i % size('hgc_sessions')), pick(i / size('hgc_sessions'), '{user,assistant}'), 'Message № ' || i,
       case when i % 9 = 0 then '[{"name": "list_campaigns"}]'::jsonb end, mix(i) % 2000, moment(9, i) at time zone 'UTC'
from positions('hgc_messages') as i;

insert into outfit_history (user_id, outfit, worn_on)
select key('stranger', i), '{"top": "navy"}', date '2024-05-01' + i::integer from positions('outfit_history') as i;
insert into swatches (hex, label)
select '#' || lpad(to_hex(mix(i) % 16777216), 6, '0'), 'Swatch ' || i from positions('swatches') as i;
insert into swipe_cartridges (id, user_id, direction, created_at)
select key('swipe', i), key('stranger', i), pick(i, '{left,right}'), moment(0, i) from positions('swipe_cartridges') as i;

insert into backup_dm_sequences
select * from dm_sequences where id in (select key('sequence', i) from positions('backup_dm_sequences') as i);
insert into campaigns_trigger_word_backup (id, trigger_word, backed_up_at)
select key('campaign', i), 'OLD', moment(5, i) at time zone 'UTC' from positions('campaigns_trigger_word_backup') as i;

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, created_at, updated_at)
values ('lead-magnets', 'lead-magnets', false, 52428800, '{application/pdf}', moment(0, 1), moment(0, 1)),
       ('avatars', 'avatars', true, 1048576, '{image/png}', moment(0, 2), moment(0, 2));
insert into storage.objects (id, bucket_id, name, owner, metadata, version, created_at, updated_at, last_accessed_at)
select key('object', i), 'lead-magnets', key('magnet', i) || '.pdf', key('user', i),
       jsonb_build_object('size', 2000 + mix(i) % 4000, 'mimetype', 'application/pdf', 'eTag', content_tag(key('magnet', i) || '.pdf', 2000 + mix(i) % 4000)),
       key('version', i)::text, moment(3, i), moment(3, i), moment(9, i)
from positions('lead_magnets') as i;
