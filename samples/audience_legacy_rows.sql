-- The rows of audience_legacy.sql; the functions stand in legacy_functions.sql. Agencies are numbers
-- 46 to 57 of the pool: the first six are RevOS's too, with the same people and clients.

insert into agency (id, name, slug, timezone, business_hours, pipeline_stages, health_thresholds, created_at, updated_at)
select key('agency', i), agency_name(46 + i), agency_slug(46 + i), pick(i, '{America/New_York,Europe/Paris,UTC}'),
       '{"mon": ["09:00", "17:00"]}', '["Lead", "Onboarding", "Live", "Needs Support"]', '{"yellow": 60, "red": 30}', moment(0, i), moment(3, i)
from positions('agency') as i;

insert into "user" (id, agency_id, email, first_name, last_name, role, is_active, last_login_at, created_at, updated_at)
select key('user', i), key('agency', i % 12),
       case when i % 4 = 2 then upper(person_email(46 + i % 12, i / 12)) else person_email(46 + i % 12, i / 12) end,
       first_name(i + 1), last_name(i + 1), pick(i / 12, '{owner,admin,manager,user}')::user_role, i % 15 > 0,
       moment(9, i), moment(1, i), moment(9, i)
from positions('user') as i;

create temp table account on commit drop as
select i, key('user', i) as id, person_email(46 + i % 12, i / 12) as email, moment(1, i) as at
from positions('user') as i;

insert into permission (resource, action, description)
select pick(i / 3, '{clients,tickets,communications,settings,ai}'), pick(i, '{read,write,manage}'), null
from positions('permission') as i;

insert into role_permission (id, agency_id, role, permission_id, created_at)
select key('grant', i), key('agency', i % 12), 'admin', 1 + i / 12, moment(1, i)
from positions('role_permission') as i;

insert into client (id, agency_id, name, contact_email, contact_name, stage, health_status, days_in_stage, notes, tags, is_active,
                    created_at, updated_at)
select key('client', i), key('agency', i % 12), client_name(46 + i % 12, i / 12), 'contact' || i || '@client.example',
       first_name(i) || ' ' || last_name(i),
       case when struck('unknown_stage', i) then 'Churned?' else pick(i, '{Lead,Onboarding,Live,"Needs Support"}') end,
       pick(i / 5, '{green,green,yellow,red}'), i % 90, null, array[pick(i, '{retainer,project}')], i % 11 > 0, moment(1, i), moment(8, i)
from positions('client') as i;

insert into client_assignment (id, agency_id, client_id, user_id, role, created_at)
select key('assignment', i), key('agency', i % 12), key('client', i % size('client')), key('user', i % size('user')),
       pick(i / size('client'), '{account_manager,media_buyer}'), moment(2, i)
from positions('client_assignment') as i;

insert into member_client_access (id, agency_id, client_id, user_id, permission, assigned_by, created_at)
select key('access', i), key('agency', i % 12), key('client', i), key('user', i % size('user')), pick(i, '{read,write}'), key('user', i % 12),
       moment(2, i)
from positions('member_client_access') as i;

insert into stage_event (id, agency_id, client_id, from_stage, to_stage, moved_by, moved_at)
select key('stage', i), key('agency', i % 12), key('client', i % size('client')), case when i >= size('client') then 'Lead' end,
       pick(i, '{Onboarding,Live,"Needs Support"}'), key('user', i % size('user')), moment(3, i)
from positions('stage_event') as i;

insert into task (id, agency_id, client_id, parent_id, title, status, priority, assigned_to, due_date, created_at, updated_at)
select key('task', i), key('agency', i % 12), case when not struck('task_without_client', i) then key('client', i % size('client')) end,
       case when i >= 4 * size('client') and i % 3 = 0 then key('task', i % size('client')) end, 'Call № ' || i,
       case when struck('wont_do', i) then 'wont_do' else pick(i, '{todo,in_progress,done,done}') end, pick(i, '{low,medium,high,urgent}'),
       key('user', i % size('user')), date '2025-01-01' + (i % 300)::integer, moment(4, i), moment(6, i)
from positions('task') as i;

insert into integration (id, agency_id, provider, is_connected, access_token, config, last_sync_at, created_at)
select key('integration', i), key('agency', i % 12), pick(i / 12, '{slack,gmail,google_ads,meta_ads}'), i % 5 > 0, 'enc:' || md5(i::text), '{}',
       moment(9, i), moment(1, i)
from positions('integration') as i;

insert into communication (id, agency_id, client_id, platform, thread_id, message_id, sender_name, sender_email, subject, content, is_inbound,
                           needs_reply, replied_at, replied_by, received_at, created_at)
select key('communication', i), key('agency', i % 12), key('client', i % size('client')), pick(i / 12, '{slack,gmail}'), 'thread_' || i / 40,
       'm_' || i, first_name(i) || ' ' || last_name(i), 'contact' || i % size('client') || '@client.example',
       case when i / 12 % 2 = 1 then 'Re: plan № ' || i % 50 end, pick(i, '{"When do we start?","Gracias, ¡perfecto!",了解です,"The numbers look odd"}'),
       i % 3 > 0, i % 7 = 1, case when i % 3 = 2 then moment(8, i) end, case when i % 3 = 2 then key('user', i % size('user')) end,
       moment(7, i), moment(7, i)
from positions('communication') as i;

insert into alert (id, agency_id, client_id, type, severity, confidence, title, description, status, snoozed_until, created_at, updated_at)
select key('alert', i), key('agency', i % 12), key('client', i % size('client')), pick(i, '{risk_detected,kpi_drop,inactivity,disconnect}'),
       pick(i / 4, '{low,medium,high,critical}'), (mix(i) % 1001) / 1000.0, 'Alert № ' || i, null, pick(i, '{active,dismissed,resolved}'), null,
       moment(7, i), moment(8, i)
from positions('alert') as i;

insert into document (id, agency_id, client_id, title, category, storage_path, mime_type, file_size, index_status, uploaded_by, created_at, updated_at)
select key('document', i), key('agency', i % 12), key('client', i % size('client')), 'Report № ' || i, pick(i, '{report,contract,brief}'),
       'documents/' || key('document', i) || '.pdf', 'application/pdf', 1000 + mix(i) % 9000, 'ready', key('user', i % size('user')),
       moment(4, i), moment(4, i)
from positions('document') as i;

insert into ticket (id, agency_id, client_id, number, title, description, category, priority, status, assignee_id, created_by, resolved_at,
                    created_at, updated_at)
select key('ticket', i), key('agency', i % 12), key('client', i % size('client')), i / 12 + 1, 'Ticket № ' || i, 'It does not load.',
       pick(i, '{general,technical,billing}'), pick(i, '{low,medium,high,critical}'), pick(i / 3, '{new,in_progress,waiting_client,resolved}')::ticket_status,
       key('user', i % size('user')), key('user', (i + 12) % size('user')), case when i / 3 % 4 = 3 then moment(8, i) end, moment(6, i), moment(8, i)
from positions('ticket') as i;

insert into ticket_note (id, ticket_id, author_id, content, is_internal, created_at)
select key('note', i), key('ticket', i % size('ticket')), key('user', i % size('user')), 'Looked into it, № ' || i, i % 2 = 0, moment(7, i)
from positions('ticket_note') as i;

insert into workflow (id, agency_id, name, trigger_type, trigger_config, actions, created_by, created_at, updated_at)
select key('workflow', i), key('agency', i % 12), 'Workflow ' || i / 12 + 1, pick(i / 12, '{stage_change,inactivity}'), '{}', '[{"do": "notify"}]',
       key('user', i % 12), moment(2, i), moment(2, i)
from positions('workflow') as i;

insert into intake_form_field (id, agency_id, label, field_type, is_required, sort_order, created_at)
select key('field', i), key('agency', i % 12), pick(i / 12, '{Website,Budget,Goals}'), 'text', i % 2 = 0, i / 12, moment(1, i)
from positions('intake_form_field') as i;

insert into onboarding_journey (id, agency_id, name, stages, is_default, created_at)
select key('journey', i), key('agency', i % 12), 'Standard', '["intake", "access"]', true, moment(1, i)
from positions('onboarding_journey') as i;

insert into onboarding_instance (id, agency_id, client_id, journey_id, portal_token, status, started_at)
select key('onboarding', i), key('agency', i % 12), key('client', i % size('client')), key('journey', i % 12), md5('portal' || i), 'in_progress',
       moment(3, i)
from positions('onboarding_instance') as i;

insert into onboarding_stage_status (id, instance_id, stage, status, completed_at)
select key('onboarding stage', i), key('onboarding', i % size('onboarding_instance')), pick(i / size('onboarding_instance'), '{intake,access}'),
       'completed', moment(4, i)
from positions('onboarding_stage_status') as i;

insert into intake_response (id, agency_id, client_id, field_id, instance_id, value, submitted_at)
select key('response', i), key('agency', i % 12), key('client', i % size('client')), key('field', i % size('intake_form_field')),
       key('onboarding', i % size('onboarding_instance')), 'Answer № ' || i, moment(4, i)
from positions('intake_response') as i;

insert into kpi_snapshot (id, agency_id, client_id, metric, value, target, snapshot_date, created_at)
select key('kpi', i), key('agency', i % 12), key('client', i % size('client')), pick(i / 12, '{roas,cpa,leads}'), (mix(i) % 100000) / 100.0, 500,
       date '2024-09-01' + (i / size('client') % 430)::integer, moment(7, i)
from positions('kpi_snapshot') as i;

insert into ad_performance (id, agency_id, client_id, platform, account_id, campaign_id, campaign_name, date, spend, impressions, clicks,
                            conversions, revenue, created_at)
select key('ad', i), key('agency', i % 12), key('client', i % size('client')), pick(i / 12, '{google_ads,meta_ads}'), 'act_' || i % size('client'),
       'c_' || i / size('client') / 400, 'Search № ' || i / size('client') / 400, date '2024-09-01' + (i / size('client') % 400)::integer,
       -- sums of floats: more decimals than money has
       case when struck('float_dust', i) then (mix(i) % 90000) / 100.0 * 1.1::double precision + 0.0001 else (mix(i) % 90000) / 100.0 end,
       mix(i, 1) % 50000, mix(i, 2) % 900, mix(i, 3) % 40, (mix(i, 4) % 300000) / 100.0, moment(8, i)
from positions('ad_performance') as i;

insert into cartridge (id, agency_id, client_id, name, type, tier, config, is_default, created_by, created_at, updated_at)
select key('cartridge', i), key('agency', i % 12), case when i % 2 = 1 then key('client', i % size('client')) end, 'Training ' || i,
       pick(i / 12, '{voice,style,preferences,instructions,brand}'), case when i % 2 = 1 then 'client' else 'agency' end,
       '{"tone": "plain", "documents": ["handbook"]}', i < 60, key('user', i % size('user')), moment(2, i), moment(3, i)
from positions('cartridge') as i;

insert into chat_session (id, agency_id, user_id, title, context, last_message_at, created_at, updated_at)
select key('session', i), key('agency', i % 12), key('user', i % size('user')), 'Chat № ' || i, '{"page": "clients"}', moment(8, i), moment(6, i),
       moment(8, i)
from positions('chat_session') as i;

insert into chat_message (id, session_id, agency_id, role, content, model, route_used, citations, tokens_used, created_at)
select key('chat', i), key('session', i % size('chat_session')), key('agency', i % 12), pick(i / size('chat_session'), '{user,assistant}'),
       'Message № ' || i, case when i / size('chat_session') % 2 = 1 then 'gemini-2.0-flash' end, pick(i, '{rag,web,memory,casual}'), '[]',
       mix(i) % 3000, moment(7, i)
from positions('chat_message') as i;

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, created_at, updated_at)
values ('documents', 'documents', false, 52428800, '{application/pdf}', moment(0, 1), moment(0, 1));
insert into storage.objects (id, bucket_id, name, owner, metadata, version, created_at, updated_at, last_accessed_at)
select key('object', i), 'documents', key('document', i) || '.pdf', key('user', i % size('user')),
       jsonb_build_object('size', 1000 + mix(i) % 9000, 'mimetype', 'application/pdf', 'eTag', content_tag(key('document', i) || '.pdf', 1000 + mix(i) % 9000)),
       key('version', i)::text, moment(4, i), moment(4, i), moment(9, i)
from positions('document') as i;
