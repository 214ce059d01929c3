-- The rows of persona_legacy.sql; the functions stand in legacy_functions.sql. The first twelve people
-- are the first of each of RevOS's agencies (40 to 51 of the pool), the others nobody else's.

create temp table account on commit drop as
select i, key('user', i) as id,
       case when i < size('shared people') then person_email(40 + i % 12, i / 12) else 'creator' || i || '@mail.example' end as email,
       moment(0, i) as at
from positions('profiles') as i;

insert into profiles (id, email, full_name, plan, onboarding_completed, created_at, updated_at)
select id, case when struck('no_email', i) then null when i % 5 = 2 then upper(email) else email end, first_name(i) || ' ' || last_name(i),
       pick(i, '{free,creator,studio}'), i % 4 > 0, at, moment(2, i)
from account;

insert into channels (id, slug, name, max_length, created_at)
select key('channel', i), pick(i, '{linkedin,x,instagram,reddit,threads,facebook}'), pick(i, '{LinkedIn,X,Instagram,Reddit,Threads,Facebook}'),
       pick(i, '{3000,280,2200,40000,500,63206}')::integer, moment(0, i)
from positions('channels') as i;

insert into agents (id, user_id, name, description, status, created_at, updated_at)
select key('agent', i), key('user', i % size('profiles')), 'Agent ' || first_name(i), null, case when struck('inactive', i) then 'inactive' else 'active' end,
       moment(1, i), moment(2, i)
from positions('agents') as i;

insert into personas (id, user_id, agent_id, name, age, bio, personality, interests, tone, status, created_at, updated_at)
select key('persona', i), key('user', i % size('profiles')), key('agent', i % size('agents')), first_name(i) || ' ' || last_name(i), 20 + (i % 50)::integer,
       'Writes about ' || pick(i, '{bread,bikes,books,Köln}'), '{"openness": 0.7}', array[pick(i, '{baking,cycling}'), 'travel'],
       pick(i, '{warm,dry,bold}'), 'active', moment(2, i), moment(3, i)
from positions('personas') as i;

insert into agent_channels (agent_id, channel_id, persona_id, enabled, handle, access_token, created_at)
select key('agent', i % size('agents')), key('channel', i / size('agents')), key('persona', i % size('agents')), i % 3 > 0, '@handle' || i,
       'enc:' || md5(i::text), moment(3, i)
from positions('agent_channels') as i;

insert into campaigns (id, user_id, persona_id, name, topic, goal, platforms, post_count, status, start_date, created_at, updated_at)
select key('campaign', i), key('user', i % size('profiles')), key('persona', i % size('personas')), 'Series ' || i, pick(i, '{bread,bikes,books}'),
       'reach', array['linkedin', 'x'], 10, case when struck('done', i) then 'done' else pick(i, '{draft,active,generating}') end,
       date '2025-01-01' + (i % 200)::integer, moment(3, i), moment(4, i)
from positions('campaigns') as i;

insert into campaign_generation_jobs (id, campaign_id, status, progress, created_at, updated_at)
select key('generation', i), key('campaign', i % size('campaigns')), 'completed', 100, moment(4, i), moment(4, i)
from positions('campaign_generation_jobs') as i;

insert into assets (id, user_id, kind, storage_path, mime_type, bytes, created_at)
select key('asset', i), key('user', i % size('profiles')), 'image', key('user', i % size('profiles')) || '/' || key('asset', i) || '.png', 'image/png',
       1000 + mix(i) % 9000, moment(3, i)
from positions('assets') as i;

insert into campaign_posts (id, campaign_id, channel_id, asset_id, position, content, hashtags, status, scheduled_for, published_at, external_id,
                            metrics, created_at, updated_at)
select key('post', i), key('campaign', i % size('campaigns')), key('channel', i % 6), case when i % 4 = 0 then key('asset', i % size('assets')) end,
       i / size('campaigns'), 'Thought № ' || i || ' about ' || pick(i, '{bread,bikes,books,"das Brot 🍞"}'), array['#' || pick(i, '{bread,bikes,books}')],
       pick(i, '{draft,approved,scheduled,published,published}'), case when i % 5 > 1 then moment(6, i) end,
       case when i % 5 > 2 then moment(6, i) end, case when i % 5 > 2 then 'ext_' || i end, jsonb_build_object('likes', mix(i) % 400), moment(5, i), moment(6, i)
from positions('campaign_posts') as i;

insert into engagement_items (id, user_id, persona_id, post_id, kind, author, content, sentiment, status, received_at)
select key('engagement', i), case when struck('lost_engagement', i) then key('deleted user', i) else key('user', i % size('profiles')) end,
       key('persona', i % size('personas')), key('post', i % size('campaign_posts')), pick(i, '{comment,mention,reply}'), first_name(i),
       pick(i, '{"So true",Genau!,"¿Cuándo?",👍}'), pick(i, '{positive,neutral,negative}'), pick(i, '{new,replied,ignored}'), moment(7, i)
from positions('engagement_items') as i;

insert into social_oauth_sessions (id, user_id, persona_id, channel_id, status, expires_at, created_at)
select key('oauth', i), key('user', i % size('profiles')), key('persona', i % size('personas')), key('channel', i % 6), 'completed',
       moment(3, i) + interval '10 minutes', moment(3, i)
from positions('social_oauth_sessions') as i;

insert into oauth_states (state, user_id, persona_id, channel_id, code_verifier, expires_at, created_at)
select md5('state' || i), key('user', i % size('profiles')), key('persona', i % size('personas')), key('channel', i % 6), md5('verifier' || i),
       moment(3, i) + interval '10 minutes', moment(3, i)
from positions('oauth_states') as i;

insert into resonance_research (id, user_id, campaign_id, title, question, status, summary, score, created_at, updated_at)
select i + 1, key('user', i % size('profiles')), key('campaign', i % size('campaigns')), 'Research ' || i, 'Does it resonate?', 'completed', 'Mostly.',
       (mix(i) % 10001) / 100.0, moment(5, i), moment(6, i)
from positions('resonance_research') as i;
-- keys were given by the app, so the identity never moved: the next insert there would have failed
insert into resonance_research_personas (research_id, persona_id, response, sentiment, score, created_at)
select i % size('resonance_research') + 1, key('persona', i % size('resonance_research') % size('profiles') + i / size('resonance_research') * size('profiles')),
       'I would read it.', 'positive', (mix(i) % 10001) / 100.0, moment(6, i)
from positions('resonance_research_personas') as i;

insert into research_tasks (research_id, kind, input, result, status, created_at)
select i % size('resonance_research') + 1, pick(i, '{search,read,score}'), jsonb_build_object('n', i), '{"hits": 3}', 'completed', moment(6, i)
from positions('research_tasks') as i;

insert into analytics_snapshots (persona_id, post_external_id, taken_at, impressions, likes, comments, shares)
select key('persona', i % size('personas')), case when struck('lost_snapshot', i) then 'ext_gone_' || i else 'ext_' || i % (size('campaign_posts') / 5) * 5 + 3 end,
       moment(8, i) at time zone 'UTC', mix(i) % 90000, mix(i, 1) % 900, mix(i, 2) % 90, mix(i, 3) % 40
from positions('analytics_snapshots') as i;

insert into storage.buckets (id, name, public, created_at, updated_at)
values ('assets', 'assets', true, moment(0, 1), moment(0, 1));
insert into storage.objects (id, bucket_id, name, owner, metadata, version, created_at, updated_at, last_accessed_at)
select key('object', i), 'assets', key('user', i % size('profiles')) || '/' || key('asset', i) || '.png', key('user', i % size('profiles')),
       jsonb_build_object('size', 1000 + mix(i) % 9000, 'mimetype', 'image/png',
                          'eTag', content_tag(key('user', i % size('profiles')) || '/' || key('asset', i) || '.png', 1000 + mix(i) % 9000)),
       key('version', i)::text, moment(3, i), moment(3, i), moment(9, i)
from positions('assets') as i;
