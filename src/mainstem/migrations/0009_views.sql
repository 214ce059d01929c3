-- Why: what is derived is never stored. Views run as the one who asks (security_invoker): what they
-- show is decided by the policies of the tables below them.

create view public.client_stage with (security_invoker = true) as
  select agency_id, id as client_id, name, stage, stage_entered_at, health_status,
         floor(extract(epoch from now() - stage_entered_at) / 86400)::integer as days_in_stage
  from public.client;
comment on view public.client_stage is 'One row a client: its stage and for how many whole days.';
call app.protect_view('client_stage');

create view public.campaign_overview with (security_invoker = true) as
  select agency_id, client_id, id, 'revos' as app, name, description, status,
         starts_at, ends_at, created_at, updated_at
  from public.campaign
  union all
  select agency_id, client_id, id, 'mail', name, description, status,
         coalesce(mailed_at, scheduled_for), completed_at, created_at, updated_at
  from public.mail_campaign
  union all
  select agency_id, client_id, id, 'persona', name, description, status,
         starts_at, ends_at, created_at, updated_at
  from public.social_campaign;
comment on view public.campaign_overview is
  'One row a campaign of any app. The claim * sees all three kinds, an app''s claim its own.';
call app.protect_view('campaign_overview');

create view public.content_plan with (security_invoker = true) as
  select agency_id, id, client_id, persona_id, name, description, goal, topic, audience, platforms,
         posts_planned, posts_per_week, timezone, schedule, status, starts_at, ends_at, created_at, updated_at
  from public.social_campaign;
comment on view public.content_plan is 'The domain model''s name for a social campaign.';
call app.protect_view('content_plan');

create view public.content_item with (security_invoker = true) as
  select agency_id, id, client_id, social_campaign_id as content_plan_id, persona_id, social_platform_id,
         position, title, content, hashtags, link, asset_id, status, created_at, updated_at
  from public.campaign_post;
comment on view public.content_item is 'The domain model''s name for a post as content.';
call app.protect_view('content_item');

create view public.scheduled_post with (security_invoker = true) as
  select agency_id, id, client_id, id as content_item_id, persona_id, persona_social_account_id, social_platform_id,
         status, scheduled_for, published_at, external_post_id, external_url, attempts, failure_reason,
         created_at, updated_at
  from public.campaign_post
  where scheduled_for is not null;
comment on view public.scheduled_post is 'The domain model''s name for a post with a time: waiting, published or failed.';
call app.protect_view('scheduled_post');
