-- Why: webhooks get lost. What people wrote and who accepted an invitation is looked up as well, a
-- few times an hour and a few times a day.

alter table public.linkedin_account
  add column inbox_read_at timestamptz,
  add column inbox_read_to timestamptz,
  add column relations_read_at timestamptz;
comment on column public.linkedin_account.inbox_read_to is 'Up to which message of the account all were taken in.';
call app.protect('linkedin_account', 'client', app => 'revos', fixed =>
    '{unipile_account_id,provider_person_id,provider_dialect,premium_features,rate_limit_reset_at,last_sync_at,daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on,inbox_read_at,inbox_read_to,relations_read_at}',
  unaudited =>
    '{daily_dm_count,daily_invitation_count,weekly_invitation_count,daily_comment_count,daily_reaction_count,daily_profile_count,daily_post_count,counts_on,last_sync_at,inbox_read_at,inbox_read_to,relations_read_at}');
