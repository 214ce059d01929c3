-- name: link
-- Where a person's own link leads: to the campaign's offer. A file is named `bucket/path`; it is the
-- client's own or the agency's.
select r.agency_id, r.target_id as sequence_id, q.lead_id, q.client_id, m.id as magnet_id, m.url,
       b.name as bucket, o.id as object_id, o.name as file, r.expires_at > %(at)s and r.revoked_at is null as is_good
from app.token_route as r
join public.dm_sequence as q on q.agency_id = r.agency_id and q.id = r.target_id
join public.campaign as c on c.agency_id = q.agency_id and c.id = q.campaign_id
left join public.lead_magnet as m
  on m.agency_id = c.agency_id and m.id = c.lead_magnet_id
left join public.storage_bucket as b on b.agency_id = m.agency_id and b.name = split_part(m.file_path, '/', 1)
left join public.storage_object as o
  on o.agency_id = b.agency_id and o.bucket_id = b.id and o.name = substr(m.file_path, strpos(m.file_path, '/') + 1)
  and (o.client_id is null or o.client_id = m.client_id)
where r.kind = 'download' and r.token = %(token)s

-- name: clicked
-- The person followed it.
update public.dm_sequence set link_clicked = true, link_clicked_at = coalesce(link_clicked_at, %(at)s)
where agency_id = %(agency_id)s and id = %(sequence_id)s

-- name: count_download
-- The offer was taken once more.
update public.lead_magnet set download_count = download_count + 1
where agency_id = %(agency_id)s and id = %(magnet_id)s

-- name: complete_lead
-- Nothing is owed to them any more.
update public.lead set status = 'completed'
where agency_id = %(agency_id)s and id = %(lead_id)s and status in ('email_captured', 'webhook_sent', 'backup_sent')
