-- name: endpoints
-- The endpoints, as far as they are seen; their secrets are in no column that is read.
select w.id, w.name, w.url, w.esp_type, w.active, w.consecutive_failures, w.disabled_reason, k.name as client
from public.webhook_config as w
left join public.client as k on k.agency_id = w.agency_id and k.id = w.client_id
where w.agency_id = %(agency_id)s and (%(client_id)s::uuid is null or w.client_id = %(client_id)s)
order by k.name, w.name
limit 200

-- name: endpoint
-- One endpoint; its secrets are in no column that is read.
select w.id, w.client_id, w.name, w.url, w.esp_type, w.events, w.active, w.consecutive_failures, w.failing_since,
       w.paused_until, w.disabled_at, w.disabled_reason, w.previous_secret_until, w.created_at, k.name as client,
       (select count(*) from (
          select from public.webhook_delivery as h where h.agency_id = w.agency_id and h.webhook_config_id = w.id
            and h.status = 'failed' limit 1001) as failed)::integer as failed
from public.webhook_config as w
left join public.client as k on k.agency_id = w.agency_id and k.id = w.client_id
where w.agency_id = %(agency_id)s and w.id = %(endpoint_id)s

-- name: told
-- What it was told last.
select id, event_type, status, status_code, error_message, attempt_count, created_at
from public.webhook_delivery
where agency_id = %(agency_id)s and webhook_config_id = %(endpoint_id)s
order by id desc limit 10
