create index idx_campaigns_organization on campaigns(organization_id);
create index idx_recipients_list on recipients(list_id);
create index idx_recipients_email on recipients(email collate nocase);
create index idx_campaign_recipients_campaign on campaign_recipients(campaign_id);
create index idx_events_tracking_code on events(tracking_code);
create index idx_events_type on events(event_type, created_at desc);
create index idx_conversions_campaign on conversions(campaign_id);
create index idx_landing_pages_live on landing_pages(campaign_id) where is_active = 1;
