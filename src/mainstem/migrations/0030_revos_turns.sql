-- Why: what an account has waiting is asked for account by account, every 15 seconds. The index held what is due of
-- everybody in the order of time: a backlog was read through once for each account.
drop index public.dm_step_due_idx;
create index dm_step_due_idx on public.dm_step (agency_id, linkedin_account_id, scheduled_for) where status = 'scheduled';
create index pending_connection_queued_idx on public.pending_connection (agency_id, linkedin_account_id)
  where status = 'queued';
