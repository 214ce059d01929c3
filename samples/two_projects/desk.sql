-- Project "desk": a support desk, the base of the merge. Names in the singular, uuid keys.
create table organization (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  slug text not null unique,
  plan text not null default 'free' check (plan in ('free', 'pro')),
  created_at timestamptz not null default now()
);
create table member (
  id uuid primary key references auth.users (id),
  organization_id uuid not null references organization,
  email text not null unique,
  full_name text,
  created_at timestamptz not null default now()
);
create table customer (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization,
  name text not null,
  email text,
  created_at timestamptz not null default now()
);
create table ticket (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid not null references organization,
  customer_id uuid not null references customer on delete cascade,
  subject text not null,
  status text not null default 'open' check (status in ('open', 'pending', 'closed')),
  assignee_id uuid references member,
  created_at timestamptz not null default now()
);
create table ticket_message (
  id bigint generated always as identity primary key,
  ticket_id uuid not null references ticket on delete cascade,
  body text not null,
  sent_at timestamptz not null default now()
);

insert into organization (id, name, slug, created_at)
select md5('organization ' || n)::uuid, 'Organization ' || n, 'org-' || n, '2025-01-01Z'
from generate_series(1, 20) n;
insert into auth.users (id, email, created_at)
select md5('desk user ' || n)::uuid, 'person' || n || '@example.org', '2025-01-02Z' from generate_series(1, 100) n;
insert into member (id, organization_id, email, full_name, created_at)
select md5('desk user ' || n)::uuid, md5('organization ' || 1 + n % 20)::uuid, 'person' || n || '@example.org',
       'Person ' || n, '2025-01-02Z'
from generate_series(1, 100) n;
insert into customer (id, organization_id, name, email, created_at)
select md5('customer ' || o || ' ' || n)::uuid, md5('organization ' || o)::uuid, 'Customer ' || n,
       'customer' || n || '@shop.example', '2025-02-01Z'
from generate_series(1, 20) o, generate_series(1, 50) n;
insert into ticket (id, organization_id, customer_id, subject, status, assignee_id, created_at)
select md5(c.id::text || n)::uuid, c.organization_id, c.id, 'Question ' || n || ' of ' || c.name,
       (array['open', 'pending', 'closed'])[1 + n % 3],
       (select m.id from member m where m.organization_id = c.organization_id order by m.email limit 1),
       timestamptz '2025-03-01Z' + n * interval '1 day'
from customer c, generate_series(1, 3) n;
insert into ticket_message (ticket_id, body, sent_at)
select id, 'Message ' || n, created_at + n * interval '1 hour' from ticket, generate_series(1, 4) n;
