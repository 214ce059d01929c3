-- Why: one person at LinkedIn may be linked by two agencies and has one set of limits; a pod's comment
-- is in its member's own words; campaigns end at their time; a long inbox is read on where it stopped.

-- Whose account it is at LinkedIn, across agencies: what is done in one person's name is counted
-- together. No tenant reads it so.
create index linkedin_account_everywhere_idx on public.linkedin_account (provider_person_id)
  where provider_person_id is not null;

-- What a member agrees to is theirs to say, by /api or a page. Rows that could be turned to another
-- member, post or text afterwards would put words into somebody's mouth.
call app.protect('pod_activity', 'client', app => 'revos', high_volume => true, writes => '{insert,delete}',
  fixed => '{approved_at,comment_text,status,executed_at,attempts,error_message}');

create function app.refuse_others_consent() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'a member of a pod consents for themselves'
    using errcode = 'insufficient_privilege',
          hint = 'ask the member to say so on the pod''s page';
end
$$;
comment on function app.refuse_others_consent() is
  'Refuses consent that somebody else gives to likes made by themselves in a member''s name.';
revoke all on function app.refuse_others_consent() from public;
create trigger pod_member_consent_insert before insert on public.pod_member
  for each row when (new.consented_at is not null and current_user in ('authenticated', 'anon')
                     and new.user_id is distinct from app.user_id())
  execute function app.refuse_others_consent();
create trigger pod_member_consent_update before update of consented_at, user_id, linkedin_account_id on public.pod_member
  for each row when (new.consented_at is not null and current_user in ('authenticated', 'anon')
                     and (new.consented_at, new.user_id, new.linkedin_account_id)
                       is distinct from (old.consented_at, old.user_id, old.linkedin_account_id)
                     and (new.user_id is distinct from app.user_id() or old.user_id is distinct from new.user_id))
  execute function app.refuse_others_consent();

-- A campaign ends when it says so; posts of one that runs are read, whoever let it run.
create index campaign_ending_idx on public.campaign (ends_at) where status in ('active', 'paused');
create index campaign_active_idx on public.campaign (agency_id, id) where status = 'active';
update public.scrape_job as s set status = 'scheduled', claimed_at = null
from public.campaign as c
where c.agency_id = s.agency_id and c.id = s.campaign_id and s.status = 'paused' and c.status in ('paused', 'active');

alter table public.linkedin_account
  add column inbox_cursor text,
  add column inbox_cursor_after timestamptz,
  add column inbox_cursor_newest timestamptz;
comment on column public.linkedin_account.inbox_cursor is
  'Of a look that did not get to the end: where the provider goes on. Newer messages wait until it has.';
comment on column public.linkedin_account.inbox_cursor_after is 'How far back that look goes.';
comment on column public.linkedin_account.inbox_cursor_newest is 'Up to which message all is taken in once it is at its end.';
call app.protect('linkedin_account', 'client', app => 'revos', fixed =>
    '{unipile_account_id,provider_person_id,provider_dialect,premium_features,rate_limit_reset_at,last_sync_at,daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on,inbox_read_at,inbox_read_to,relations_read_at,inbox_cursor,inbox_cursor_after,inbox_cursor_newest}',
  unaudited =>
    '{daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on,last_sync_at,inbox_read_at,inbox_read_to,relations_read_at,inbox_cursor,inbox_cursor_after,inbox_cursor_newest}');
