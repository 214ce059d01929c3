-- Why: accounts write and read in their own working hours only. What that means is asked in several
-- queries over all accounts, so it is said once.

create function app.is_awake(moment timestamptz, timezone text, work_days smallint[], starts_at time, ends_at time)
  returns boolean language sql stable parallel safe
  return extract(isodow from moment at time zone timezone)::smallint = any (work_days)
    and (moment at time zone timezone)::time >= starts_at and (moment at time zone timezone)::time < ends_at;
comment on function app.is_awake(timestamptz, text, smallint[], time, time) is
  'Whether that moment lies within working hours, where the account is.';
