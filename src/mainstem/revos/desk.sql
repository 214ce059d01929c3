-- name: may_change_campaign
-- Whether the person may change the row: its policy and grants are asked by changing nothing.
update public.campaign set status = status where agency_id = %(agency_id)s and id = %(id)s returning id

-- name: may_change_post
-- Whether the person may change the row: its policy and grants are asked by changing nothing.
update public.post set status = status where agency_id = %(agency_id)s and id = %(id)s returning id

-- name: may_change_triggered_comment
-- Whether the person may change the row: its policy and grants are asked by changing nothing.
update public.triggered_comment set status = status where agency_id = %(agency_id)s and id = %(id)s returning id

-- name: may_change_email_extraction_review
-- Whether the person may change the row: its policy and grants are asked by changing nothing.
update public.email_extraction_review set status = status where agency_id = %(agency_id)s and id = %(id)s returning id

-- name: may_change_lead
-- Whether the person may change the row: its policy and grants are asked by changing nothing.
update public.lead set status = status where agency_id = %(agency_id)s and id = %(id)s returning id

-- name: may_change_dm_step
-- Whether the person may change the row: its policy and grants are asked by changing nothing.
update public.dm_step set status = status where agency_id = %(agency_id)s and id = %(id)s returning id

-- name: may_change_linkedin_account
-- Whether the person may change the row: its policy and grants are asked by changing nothing.
update public.linkedin_account set status = status where agency_id = %(agency_id)s and id = %(id)s returning id

-- name: may_change_pod_activity
-- Whether the person sees the row, and may only read its client's. No person writes the row itself; whose it is to
-- answer, the pod asks.
select id, app.is_read_only(client_id) as is_read_only from public.pod_activity
where agency_id = %(agency_id)s and id = %(id)s

-- name: may_prepare_campaign
-- Whether the person sees the row, and may only read its client's: asked by whoever looks at what it misses, which
-- changes nothing.
select id, app.is_read_only(client_id) as is_read_only from public.campaign
where agency_id = %(agency_id)s and id = %(id)s
