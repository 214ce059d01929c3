-- Why: an application that saves an e-mail as it had been before made a sent one wait again, and it went out
-- twice. When sending began is kept where no tenant writes, and none that was begun is begun again.

alter table public.email_queue add column begun_at timestamptz;
comment on column public.email_queue.begun_at is
  'When it was handed to the mail server; empty again only where the server surely did not take it.';
update public.email_queue set begun_at = coalesce(sent_at, updated_at) where status in ('sending', 'sent', 'unknown');
call app.protect('email_queue', 'client', app => 'revos', high_volume => true, fixed => '{sent_at,begun_at}');
