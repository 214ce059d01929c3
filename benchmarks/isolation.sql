-- One million prompts and one million leads, evenly over 1,000 agencies, in the order in which
-- tenants would have made them: one after the other in turn, so that a tenant's rows lie scattered.
insert into agency (name, slug)
select 'Agency ' || i, 'agency-' || i from generate_series(1, 1000) as i;

insert into "user" (agency_id, email, role)
select id, slug || '@example.com', 'owner' from agency;

insert into client (agency_id, name)
select a.id, 'Client ' || i from generate_series(1, 4) as i cross join agency as a;

insert into console_workflow (agency_id, name, definition, created_by)
select u.agency_id, 'Workflow ' || i, '{"steps": []}', u.id
from generate_series(1, 20) as i cross join "user" as u;

insert into console_prompt (agency_id, console_workflow_id, name, content)
select w.agency_id, w.id, w.name || ' prompt ' || i, 'Say hello'
from generate_series(1, 50) as i cross join console_workflow as w;

insert into campaign (agency_id, client_id, name, trigger_word)
select k.agency_id, k.id, 'Campaign ' || i, 'guide' || i
from generate_series(1, 5) as i cross join client as k;

insert into lead (agency_id, client_id, campaign_id, linkedin_id, first_name, last_name, company)
select c.agency_id, c.client_id, c.id, 'person-' || i, 'Ada', 'Lovelace', 'Engines Ltd'
from generate_series(1, 50) as i cross join campaign as c;
