-- AudienceOS's SQL. Every query runs in a tenant transaction.

-- name: clients
-- The clients as a list shows them.
select id, id as client_id, name, company_name, stage, health_status, industry, contact_name, contact_email,
       stage_entered_at, created_at, is_active,
       floor(extract(epoch from now() - stage_entered_at) / 86400)::integer as days_in_stage
from public.client
where agency_id = %(agency_id)s

-- name: client
-- One client as its page shows it.
select id, name, company_name, industry, website, stage, stage_entered_at, health_status, contact_name,
       contact_email, contact_phone, notes, tags, is_active, created_at, updated_at,
       floor(extract(epoch from now() - stage_entered_at) / 86400)::integer as days_in_stage
from public.client
where agency_id = %(agency_id)s and id = %(client_id)s

-- name: stages
-- The stages of the agency, in their order, then those that clients are in but that are named no more.
with named as (
  select stage.name, stage.place
  from public.agency as a
  cross join lateral jsonb_array_elements_text(a.pipeline_stages) with ordinality as stage (name, place)
  where a.id = %(agency_id)s
)
select name, min(place) as place, true as is_named, name as id
from named
group by name
union all
select c.stage, 1000, false, c.stage
from public.client as c
where c.agency_id = %(agency_id)s and c.stage not in (select name from named)
group by c.stage
order by 2, 1
limit 50

-- name: stage_history
-- The latest changes of a client's stage.
select s.from_stage, s.to_stage, s.note, s.created_at, coalesce(u.first_name || ' ' || u.last_name, u.email) as moved_by
from public.stage_event as s
left join public."user" as u on u.id = s.moved_by
where s.agency_id = %(agency_id)s and s.client_id = %(client_id)s
order by s.id desc
limit 20

-- name: board
-- The cards of the board: those longest in each stage first, so many of each.
select id, name, company_name, stage, health_status, days_in_stage, in_stage
from (
  select id, name, company_name, stage, health_status,
         floor(extract(epoch from now() - stage_entered_at) / 86400)::integer as days_in_stage,
         row_number() over (partition by stage order by stage_entered_at, id) as place,
         count(*) over (partition by stage) as in_stage
  from public.client
  where agency_id = %(agency_id)s and is_active
    and (%(client_id)s::uuid is null or id = %(client_id)s)
) as card
where place <= %(cards_max)s
order by stage, place

-- name: move_client
-- Move a client to another stage, unless somebody else moved it since it was shown.
update public.client
set stage = %(stage)s
where agency_id = %(agency_id)s and id = %(client_id)s and stage = %(from_stage)s

-- name: change_client
-- Change what a person may say of a client.
update public.client
set name = %(name)s, company_name = %(company_name)s, industry = %(industry)s, website = %(website)s,
    health_status = %(health_status)s, contact_name = %(contact_name)s, contact_email = %(contact_email)s,
    contact_phone = %(contact_phone)s, notes = %(notes)s
where agency_id = %(agency_id)s and id = %(client_id)s
returning id

-- name: add_client
-- Add a client in the first stage of the agency.
insert into public.client (agency_id, name, company_name, industry, website, health_status, contact_name,
                           contact_email, contact_phone, notes, stage)
select a.id, %(name)s, %(company_name)s, %(industry)s, %(website)s, %(health_status)s, %(contact_name)s,
       %(contact_email)s, %(contact_phone)s, %(notes)s, coalesce(a.pipeline_stages ->> 0, 'Onboarding')
from public.agency as a
where a.id = %(agency_id)s
returning id

-- name: figures
-- The headline numbers of AudienceOS; counting stops where nobody reads on.
select
  (select count(*) from (select from public.client where agency_id = %(agency_id)s and is_active
     and (%(client_id)s::uuid is null or id = %(client_id)s) limit %(counted_max)s) as c) as clients,
  (select count(*) from (select from public.client where agency_id = %(agency_id)s and is_active and health_status = 'red'
     and (%(client_id)s::uuid is null or id = %(client_id)s) limit %(counted_max)s) as c) as at_risk,
  (select count(*) from (select from public.communication where agency_id = %(agency_id)s
     and needs_reply and replied_at is null
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as unanswered,
  (select count(*) from (select from public.ticket where agency_id = %(agency_id)s and status not in ('resolved', 'closed')
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as tickets,
  (select count(*) from (select from public.task where agency_id = %(agency_id)s and status not in ('done', 'cancelled')
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as tasks,
  (select count(*) from (select from public.alert where agency_id = %(agency_id)s and status = 'active'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as alerts

-- name: by_stage
-- How many active clients are in each stage.
select stage as label, count(*) as number
from public.client
where agency_id = %(agency_id)s and is_active and (%(client_id)s::uuid is null or id = %(client_id)s)
group by stage
order by 2 desc, 1
limit 20

-- name: by_health
-- How many active clients are how well.
select health_status as label, count(*) as number
from public.client
where agency_id = %(agency_id)s and is_active and (%(client_id)s::uuid is null or id = %(client_id)s)
group by health_status
order by array_position(array['red', 'yellow', 'green'], health_status)
limit 3

-- name: search
-- Clients whose name holds what was typed.
select id, name, company_name
from public.client
where agency_id = %(agency_id)s and (name ilike %(pattern)s or company_name ilike %(pattern)s)
order by name
limit %(rows_max)s
