-- The rows of mail_postgres.sql; the functions stand in legacy_functions.sql. `half_organization`,
-- `half_list` and `half_recipient` hold what the SQLite half has, each with its position.

insert into organizations (id, name, slug, plan_tier, billing_email, credits, created_at, updated_at)
select key('organization', i), name, slug, pick(i, '{starter,pro,enterprise}'), 'billing' || i || '@sender.example', 500, moment(0, i), moment(4, i)
from half_organization;

create temp table account on commit drop as
select i, key('user', i) as id, 'person.' || i + 1 || '@sender.example' as email, moment(1, i) as at
from positions('user_profiles') as i;

insert into user_profiles (id, organization_id, email, full_name, role, last_active_at, created_at, updated_at)
select key('user', i), key('organization', i / 3), 'person.' || i + 1 || '@sender.example', first_name(i) || ' ' || last_name(i),
       case when struck('viewer', i) then 'viewer' else pick(i, '{owner,admin,member}') end, moment(9, i), moment(1, i), moment(8, i)
from positions('user_profiles') as i;

insert into design_templates (id, organization_id, created_by, name, canvas_json, format_type, variable_mappings, parent_template_id,
                              version_number, is_current_version, marketplace_price, is_public, usage_count, created_at, updated_at)
select key('template', i), key('organization', i % 50), key('user', i % 50 * 3), 'Design ' || i % 100,
       '{"version": "7", "objects": [{"type": "Textbox", "text": "Hello {{first_name}}"}]}', pick(i, '{postcard_4x6,postcard_6x9,letter_8_5x11}'),
       '{"name": "first_name"}', case when i >= 100 then key('template', i - 100) end, 1 + i / 100, i >= size('design_templates') - 100,
       case when i % 9 = 0 then 19.00 end, i % 9 = 0, mix(i) % 80, moment(2, i % 100), moment(3, i)
from positions('design_templates') as i;

insert into design_assets (id, organization_id, template_id, uploaded_by, asset_type, asset_name, storage_url, storage_path, file_size_kb,
                           mime_type, width, height, created_at)
select key('asset', i), key('organization', i % 50), key('template', i % 50), key('user', i % 50 * 3), pick(i, '{image,logo,background,icon}'),
       'Picture ' || i || '.png', 'https://project.example/storage/v1/object/public/design-assets/' || key('asset', i) || '.png',
       key('organization', i % 50) || '/' || key('asset', i) || '.png', 1 + mix(i) % 9, 'image/png', 1200, 800, moment(3, i)
from positions('design_assets') as i;

-- The other half's lists under the same names, and one more for each organisation.
insert into recipient_lists (id, organization_id, created_by, name, source, total_recipients, tags, created_at, updated_at)
select key('list', i), key('organization', organization), key('user', organization * 3), name,
       case source when 'purchase' then 'data_axle' else source end, 0, '{}'::text[], moment(1, i), moment(5, i)
from half_list
union all
select key('own list', i), key('organization', i), key('user', i * 3), 'Walk-ins', 'manual', 0, '{local}', moment(2, i), moment(5, i)
from positions('organizations') as i;

-- The same people again: half of them with the e-mail in capitals, a quarter older than over there,
-- all with another phone number.
insert into recipients (id, recipient_list_id, first_name, last_name, email, phone, address_line1, city, state, zip_code, metadata,
                        created_at, updated_at)
select key('double', i), key('list', list), first_name, last_name, case when i % 2 = 1 then upper(email) else email end,
       '+1 666 ' || lpad((i % 10000)::text, 4, '0'), address, city, state, postal_code, '{"vip": true}'::jsonb,
       moment(case when i % 4 = 3 then 0 else 6 end, i), moment(case when i % 4 = 3 then 0 else 6 end, i)
from half_recipient
union all
select key('recipient', i), key('own list', i % 50), first_name(i), last_name(i), case when i % 5 > 0 then 'walkin' || i || '@mail.example' end,
       null, i % 9000 || ' Harbor Rd', 'Portland', 'OR', '97201', '{}', moment(6, i), moment(6, i)
from positions('new recipients') as i;
update recipient_lists as l set total_recipients = counted.count
from (select recipient_list_id, count(*) as count from recipients group by 1) as counted
where counted.recipient_list_id = l.id;

insert into audience_filters (id, organization_id, created_by, name, filters, filters_hash, last_contact_count, last_estimated_cost, created_at, updated_at)
select key('filter', i), key('organization', i % 50), key('user', i % 50 * 3), 'Audience ' || i / 50 + 1,
       jsonb_build_object('state', pick(i, '{OR,TX,MN}'), 'age', jsonb_build_array(30, 40 + i % 30)), md5(i::text), mix(i) % 9000,
       (mix(i) % 9000) * 0.12, moment(3, i), moment(4, i)
from positions('audience_filters') as i;

insert into contact_purchases (id, organization_id, user_id, recipient_list_id, audience_filter_id, contact_count, cost_per_contact, total_cost,
                               user_charge, provider_request_id, delivery_status, purchased_at)
select key('purchase', i), key('organization', i % 50), key('user', i % 50 * 3),
       case when struck('lost_list', i) then key('deleted list', i) else key('own list', i % 50) end, key('filter', i % size('audience_filters')),
       100 + i % 400, 0.1200, (100 + i % 400) * 0.12, (100 + i % 400) * 0.2, 'req_' || i,
       case when struck('delivered', i) then 'delivered' else pick(i, '{completed,completed,pending,failed}') end, moment(5, i)
from positions('contact_purchases') as i;

insert into pricing_tiers (tier_name, min_contacts, max_contacts, our_cost, user_charge, created_at)
select 'Tier ' || i + 1, (10 ^ (i + 1))::integer, case when i < 5 then (10 ^ (i + 2))::integer - 1 end, 0.12 - i * 0.01, 0.20 - i * 0.015, moment(0, i)
from positions('pricing_tiers') as i;

insert into credit_transactions (organization_id, user_id, type, amount, balance_after, description, reference_id, created_at)
select key('organization', i % 50), key('user', i % 50 * 3), case when i < 50 then 'purchase' when i / 50 % 3 = 0 then 'refund' else 'spend' end,
       case when i < 50 then 500 when i / 50 % 3 = 0 then 2 else -1 end,
       -- 500, then for each turn -1, -1, +2: the balance goes 499, 498, 500
       (case when i / 50 % 3 = 0 then 500 else 500 - i / 50 % 3 end) + case when struck('wrong_balance', i) then 0.01 else 0 end,
       'Turn ' || i / 50, null, moment(1, 0) + i * interval '1 second'
from positions('credit_transactions') as i;

insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, created_at, updated_at)
values ('design-assets', 'design-assets', true, 10485760, '{image/png}', moment(0, 1), moment(0, 1));
insert into storage.objects (id, bucket_id, name, owner, metadata, version, created_at, updated_at, last_accessed_at)
select key('object', i), 'design-assets', key('organization', i % 50) || '/' || key('asset', i) || '.png', key('user', i % 50 * 3),
       jsonb_build_object('size', (1 + mix(i) % 9) * 1024, 'mimetype', 'image/png',
                          'eTag', content_tag(key('organization', i % 50) || '/' || key('asset', i) || '.png', (1 + mix(i) % 9) * 1024)),
       key('version', i)::text, moment(3, i), moment(3, i), moment(9, i)
from positions('design_assets') as i;
