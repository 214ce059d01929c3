-- Why: what a member owes a post is done only once the member agreed to it, and not after its window.

alter table public.pod_activity
  add column approved_at timestamptz,
  add column expires_at timestamptz;
comment on column public.pod_activity.approved_at is
  'When the member agreed; at once in a pod that engages by itself, whose members consented. A comment needs words too.';
comment on column public.pod_activity.expires_at is 'The end of its window: what is not done by then is ignored.';
create index pod_activity_open_idx on public.pod_activity (agency_id, expires_at) where status = 'pending';
call app.protect('pod_activity', 'client', app => 'revos', high_volume => true);
