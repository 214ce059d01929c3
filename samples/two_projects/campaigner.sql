-- Project "campaigner": e-mail campaigns. Names in the plural, counted keys, times without a zone, no policies.
create table workspaces (
  id serial primary key,
  name text,
  slug text,
  created_at timestamp default now()
);
create table profiles (
  id uuid primary key references auth.users (id),
  workspace_id int references workspaces,
  email text,
  name text,
  role varchar(20) default 'member'
);
create table contacts (
  id serial primary key,
  workspace_id int references workspaces,
  first_name text,
  last_name text,
  email text,
  meta json default '{}',
  unsubscribed smallint default 0,
  created_at timestamp default now()
);
create table campaigns (
  id serial primary key,
  workspace_id int not null references workspaces,
  title text not null,
  state text default 'draft',
  budget double precision,
  created_by uuid references profiles,
  created_at timestamp default now()
);
create table sends (
  id bigserial primary key,
  campaign_id int references campaigns on delete cascade,
  contact_id int references contacts,
  sent_at timestamp,
  opened boolean default false
);
create table campaigns_backup_2024 (like campaigns);

-- organizations 11 to 20 use both products
insert into workspaces (name, slug, created_at)
select 'Organization ' || n, 'org-' || n, '2025-01-01' from generate_series(11, 30) n;
insert into auth.users (id, email, created_at)
select md5('campaigner user ' || n)::uuid, 'Person' || n || '@example.org', '2025-01-03Z'
from generate_series(90, 160) n;
-- people 90 to 100 use both; person 100 says to belong to another organization there
insert into profiles (id, workspace_id, email, name)
select md5('campaigner user ' || n)::uuid,
       (select id from workspaces w where w.slug = 'org-' ||
        case when n < 100 then 1 + n % 20 when n = 100 then 12 else 11 + (n + 10) % 20 end),
       'Person' || n || '@example.org', 'Person ' || n
from generate_series(90, 160) n;
insert into contacts (workspace_id, first_name, last_name, email, unsubscribed, created_at)
select w.id, 'First' || n, 'Last' || n, 'customer' || n || '@shop.example', n % 2, '2025-04-01'
from workspaces w, generate_series(41, 90) n;
insert into contacts (workspace_id, first_name, email) values (null, 'Of nobody', 'lost@shop.example');
insert into campaigns (workspace_id, title, state, budget, created_by, created_at)
select w.id, 'Campaign ' || n, (array['draft', 'sent', 'archived'])[1 + n % 3], n * 10.1,
       (select p.id from profiles p where p.workspace_id = w.id and p.email <> 'Person100@example.org' order by p.email limit 1),
       timestamp '2025-05-01' + n * interval '1 day'
from workspaces w, generate_series(1, 10) n;
insert into sends (campaign_id, contact_id, sent_at, opened)
select c.id, k.id, c.created_at, k.id % 3 = 0 from campaigns c join contacts k using (workspace_id);
insert into campaigns_backup_2024 select * from campaigns limit 50;
