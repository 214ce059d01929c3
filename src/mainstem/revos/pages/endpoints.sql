-- name: endpoints
-- The endpoints, as far as they are seen; their secrets are in no column that is read.
select w.id, w.name, w.url, w.esp_type, w.active, w.consecutive_failures, w.disabled_reason, k.name as client
from public.webhook_config as w
left join public.client as k on k.agency_id = w.agency_id and k.id = w.client_id
where w.agency_id = %(agency_id)s and (%(client_id)s::uuid is null or w.client_id = %(client_id)s)
order by k.name, w.name
limit 200

-- name: clients
-- Clients to pick from.
select id::text as id, name from public.client where agency_id = %(agency_id)s order by name limit 500
