-- name: accounts_due
-- The accounts that have a post due.
select distinct linkedin_account_id from public.post
where agency_id = %(agency_id)s and status = 'scheduled' and scheduled_for <= %(at)s
  and linkedin_account_id is not null

-- name: published_before
-- Posts that are out, of which a row saved as it was before says otherwise. Who plans one anew that may
-- be out has looked; of these the ledger is sure.
update public.post as p set status = 'published', published_at = coalesce(p.published_at, c.finished_at)
from public.provider_call as c
where p.agency_id = %(agency_id)s and p.linkedin_account_id = any (%(accounts)s) and p.status = 'scheduled'
  and p.scheduled_for <= %(at)s and c.agency_id = p.agency_id and c.linkedin_account_id = p.linkedin_account_id
  and c.route = 'post' and c.subject_id = p.id and c.status = 'done'

-- name: take_posts
-- For each account the post that is longest due, about to be published.
with due as (
  select distinct on (p.linkedin_account_id) p.id from public.post as p
  left join public.campaign as c on c.agency_id = p.agency_id and c.id = p.campaign_id
  where p.agency_id = %(agency_id)s and p.linkedin_account_id = any (%(accounts)s) and p.status = 'scheduled'
    and p.scheduled_for <= %(at)s and (c.id is null or c.status = 'active')
  order by p.linkedin_account_id, p.scheduled_for, p.id
)
update public.post as p set status = 'publishing', failure_reason = null
from due where p.agency_id = %(agency_id)s and p.id = due.id and p.status = 'scheduled'
returning p.id, p.linkedin_account_id

-- name: requests
-- What publishing takes. `taken` are posts that are out under other rows: they may say the same.
select p.id, p.content, a.unipile_account_id, a.provider_person_id, p.scheduled_for, p.status = 'publishing' as is_wanted,
       array(select o.unipile_post_id from public.post as o
             where o.agency_id = p.agency_id and o.linkedin_account_id = p.linkedin_account_id and o.id <> p.id
               and o.unipile_post_id is not null
             order by o.published_at desc nulls last limit %(taken_max)s) as taken
from public.post as p
join public.linkedin_account as a on a.agency_id = p.agency_id and a.id = p.linkedin_account_id
where p.agency_id = %(agency_id)s and p.id = any (%(ids)s)

-- name: published
-- It is out, whatever somebody wrote into the row meanwhile; its comments are read from now on.
with post as (
  update public.post set status = 'published', published_at = %(at)s, unipile_post_id = %(post_id)s
  where agency_id = %(agency_id)s and id = %(id)s and status <> 'published'
  returning agency_id, id, client_id, campaign_id, linkedin_account_id, trigger_word
)
insert into public.scrape_job
  (agency_id, client_id, campaign_id, post_id, linkedin_account_id, trigger_word, next_check_at, stop_at)
select agency_id, client_id, campaign_id, id, linkedin_account_id, trigger_word, %(first_look_at)s, %(stop_at)s
from post where %(post_id)s is not null
on conflict on constraint scrape_job_post_key do nothing

-- name: set_status
-- What became of it. One that may be out is not published again because its row was saved meanwhile.
update public.post set status = %(status)s, failure_reason = %(reason)s, scheduled_for = coalesce(%(again_at)s, scheduled_for)
where agency_id = %(agency_id)s and id = %(id)s
  and (status = 'publishing' or %(status)s = 'failed' and status in ('draft', 'scheduled'))
