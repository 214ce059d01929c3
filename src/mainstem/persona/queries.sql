-- The personas' SQL. Every query runs in a tenant transaction.

-- name: figures
-- The headline numbers of the personas; counting stops where nobody reads on.
select
  (select count(*) from (select from public.persona where agency_id = %(agency_id)s and status = 'active'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as personas,
  (select count(*) from (select from public.persona_social_account where agency_id = %(agency_id)s and status = 'active'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as accounts,
  (select count(*) from (select from public.social_campaign where agency_id = %(agency_id)s
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as campaigns,
  (select count(*) from (select from public.campaign_post where agency_id = %(agency_id)s and status = 'review'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as to_review,
  (select count(*) from (select from public.campaign_post where agency_id = %(agency_id)s and status = 'published'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as published,
  (select count(*) from (select from public.engagement_item where agency_id = %(agency_id)s and status = 'new'
     and (%(client_id)s::uuid is null or client_id = %(client_id)s) limit %(counted_max)s) as c) as to_answer

-- name: campaigns_by_status
-- How many campaigns of posts are in each state.
select status as label, count(*) as number
from public.social_campaign
where agency_id = %(agency_id)s and (%(client_id)s::uuid is null or client_id = %(client_id)s)
group by status
order by 2 desc, 1
limit 20

-- name: posts_by_status
-- How many posts are in each state; of many posts the newest are counted.
select status as label, count(*) as number
from (
  select status from public.campaign_post
  where agency_id = %(agency_id)s and (%(client_id)s::uuid is null or client_id = %(client_id)s)
  order by id desc
  limit %(counted_max)s
) as post
group by status
order by 2 desc, 1
limit 20
