-- Direct mail's SQL. Every query runs in a tenant transaction.

-- name: figures
-- The headline numbers of direct mail; counting stops where nobody reads on.
select
  (select count(*) from (select from public.design_template where agency_id = %(agency_id)s
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as designs,
  (select count(*) from (select from public.recipient where agency_id = %(agency_id)s
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as recipients,
  (select count(*) from (select from public.mail_piece where agency_id = %(agency_id)s
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as pieces,
  (select count(*) from (select from public.tracking_event where agency_id = %(agency_id)s and event_type = 'qr_scan'
     and not is_bot
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as scans,
  (select count(*) from (select from public.conversion where agency_id = %(agency_id)s
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as conversions

-- name: campaigns_by_status
-- How many mailings are in each state.
select status as label, count(*) as number
from public.mail_campaign
where agency_id = %(agency_id)s and (%(client_id)s::uuid is null or client_id = %(client_id)s)
group by status
order by 2 desc, 1
limit 20

-- name: pieces_by_status
-- How many pieces are in each state; of many pieces the newest are counted.
select status as label, count(*) as number
from (
  select status from public.mail_piece
  where agency_id = %(agency_id)s and (%(client_id)s::uuid is null or client_id = %(client_id)s)
  order by id desc
  limit %(counted_max)s
) as piece
group by status
order by 2 desc, 1
limit 20
