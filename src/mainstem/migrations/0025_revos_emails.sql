-- Why: an e-mail whose server did not answer may be out or not. It is a person's to settle, as every
-- send is, and never sent again by itself.

alter table public.email_queue
  drop constraint email_queue_status_check,
  add constraint email_queue_status_check
    check (status in ('pending', 'sending', 'sent', 'failed', 'suppressed', 'cancelled', 'unknown'));
call app.protect('email_queue', 'client', app => 'revos', high_volume => true);
