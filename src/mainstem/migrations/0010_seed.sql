-- Why: reference data that comes with the product and that every agency shares: what a role may be
-- allowed, the networks, the system tier of cartridges, the list prices. The ids are literals, so that
-- a row is the same one in every database; rows that are there already, by id or by key, stay as they are.

insert into public.permission (id, key, resource, action, app, description) values
  ('019b76da-a800-7000-8000-000100000001', 'client.read', 'client', 'read', null, 'See clients and their details'),
  ('019b76da-a800-7000-8000-000100000002', 'client.create', 'client', 'create', null, 'Add clients'),
  ('019b76da-a800-7000-8000-000100000003', 'client.update', 'client', 'update', null, 'Change clients and move them to another stage'),
  ('019b76da-a800-7000-8000-000100000004', 'client.delete', 'client', 'delete', null, 'Remove a client with all that belongs to it'),
  ('019b76da-a800-7000-8000-000100000005', 'member.read', 'member', 'read', null, 'See the people of the agency'),
  ('019b76da-a800-7000-8000-000100000006', 'member.invite', 'member', 'invite', null, 'Invite people and choose which clients they see'),
  ('019b76da-a800-7000-8000-000100000007', 'member.update', 'member', 'update', null, 'Change the role and the clients of people'),
  ('019b76da-a800-7000-8000-000100000008', 'member.remove', 'member', 'remove', null, 'End the access of people'),
  ('019b76da-a800-7000-8000-000100000009', 'role_permission.update', 'role_permission', 'update', null, 'Decide what each role may do'),
  ('019b76da-a800-7000-8000-00010000000a', 'agency.update', 'agency', 'update', null, 'Change the settings of the agency'),
  ('019b76da-a800-7000-8000-00010000000b', 'billing.update', 'billing', 'update', null, 'Change the subscription and see invoices'),
  ('019b76da-a800-7000-8000-00010000000c', 'api_key.manage', 'api_key', 'manage', null, 'Make and revoke API keys'),
  ('019b76da-a800-7000-8000-00010000000d', 'audit_log.read', 'audit_log', 'read', null, 'Read who changed what'),
  ('019b76da-a800-7000-8000-00010000000e', 'asset.upload', 'asset', 'upload', null, 'Upload files and images'),
  ('019b76da-a800-7000-8000-00010000000f', 'asset.delete', 'asset', 'delete', null, 'Remove files and images'),
  ('019b76da-a800-7000-8000-000100000010', 'chat.use', 'chat', 'use', null, 'Use the assistant'),
  ('019b76da-a800-7000-8000-000100000011', 'cartridge.update', 'cartridge', 'update', null, 'Change the voice, brand and instructions of the assistant'),
  ('019b76da-a800-7000-8000-000100000012', 'export.create', 'export', 'create', null, 'Export lists of rows'),
  ('019b76da-a800-7000-8000-000100000013', 'campaign.read', 'campaign', 'read', 'revos', 'See outreach campaigns'),
  ('019b76da-a800-7000-8000-000100000014', 'campaign.create', 'campaign', 'create', 'revos', 'Make outreach campaigns'),
  ('019b76da-a800-7000-8000-000100000015', 'campaign.update', 'campaign', 'update', 'revos', 'Change outreach campaigns'),
  ('019b76da-a800-7000-8000-000100000016', 'campaign.publish', 'campaign', 'publish', 'revos', 'Start and pause outreach campaigns'),
  ('019b76da-a800-7000-8000-000100000017', 'campaign.delete', 'campaign', 'delete', 'revos', 'Remove outreach campaigns'),
  ('019b76da-a800-7000-8000-000100000018', 'post.publish', 'post', 'publish', 'revos', 'Publish posts on LinkedIn'),
  ('019b76da-a800-7000-8000-000100000019', 'lead.read', 'lead', 'read', 'revos', 'See leads'),
  ('019b76da-a800-7000-8000-00010000001a', 'lead.update', 'lead', 'update', 'revos', 'Change leads'),
  ('019b76da-a800-7000-8000-00010000001b', 'lead_magnet.update', 'lead_magnet', 'update', 'revos', 'Change lead magnets'),
  ('019b76da-a800-7000-8000-00010000001c', 'dm_sequence.send', 'dm_sequence', 'send', 'revos', 'Let direct messages be sent'),
  ('019b76da-a800-7000-8000-00010000001d', 'linkedin_account.connect', 'linkedin_account', 'connect', 'revos', 'Connect and pause LinkedIn accounts'),
  ('019b76da-a800-7000-8000-00010000001e', 'pod.manage', 'pod', 'manage', 'revos', 'Make pods and choose their members'),
  ('019b76da-a800-7000-8000-00010000001f', 'webhook_config.manage', 'webhook_config', 'manage', 'revos', 'Change where events are delivered'),
  ('019b76da-a800-7000-8000-000100000020', 'suppression.update', 'suppression', 'update', 'revos', 'Name people who are never contacted'),
  ('019b76da-a800-7000-8000-000100000021', 'ticket.read', 'ticket', 'read', 'audience', 'See tickets'),
  ('019b76da-a800-7000-8000-000100000022', 'ticket.update', 'ticket', 'update', 'audience', 'Answer and close tickets'),
  ('019b76da-a800-7000-8000-000100000023', 'task.update', 'task', 'update', 'audience', 'Make and close tasks'),
  ('019b76da-a800-7000-8000-000100000024', 'communication.read', 'communication', 'read', 'audience', 'Read the messages of clients'),
  ('019b76da-a800-7000-8000-000100000025', 'communication.reply', 'communication', 'reply', 'audience', 'Answer the messages of clients'),
  ('019b76da-a800-7000-8000-000100000026', 'alert.resolve', 'alert', 'resolve', 'audience', 'Snooze, dismiss and resolve alerts'),
  ('019b76da-a800-7000-8000-000100000027', 'document.update', 'document', 'update', 'audience', 'Add and change documents'),
  ('019b76da-a800-7000-8000-000100000028', 'integration.manage', 'integration', 'manage', 'audience', 'Connect and remove integrations'),
  ('019b76da-a800-7000-8000-000100000029', 'workflow.manage', 'workflow', 'manage', 'audience', 'Make and switch automations'),
  ('019b76da-a800-7000-8000-00010000002a', 'workflow_run.approve', 'workflow_run', 'approve', 'audience', 'Approve what an automation waits for'),
  ('019b76da-a800-7000-8000-00010000002b', 'onboarding.manage', 'onboarding', 'manage', 'audience', 'Change the questions and journeys of new clients'),
  ('019b76da-a800-7000-8000-00010000002c', 'report.read', 'report', 'read', 'audience', 'See figures and advertising results'),
  ('019b76da-a800-7000-8000-00010000002d', 'design_template.update', 'design_template', 'update', 'mail', 'Change designs'),
  ('019b76da-a800-7000-8000-00010000002e', 'recipient.import', 'recipient', 'import', 'mail', 'Import lists of recipients'),
  ('019b76da-a800-7000-8000-00010000002f', 'recipient.update', 'recipient', 'update', 'mail', 'Change recipients'),
  ('019b76da-a800-7000-8000-000100000030', 'contact.purchase', 'contact', 'purchase', 'mail', 'Buy contacts'),
  ('019b76da-a800-7000-8000-000100000031', 'mail_campaign.create', 'mail_campaign', 'create', 'mail', 'Make mailings'),
  ('019b76da-a800-7000-8000-000100000032', 'mail_campaign.approve', 'mail_campaign', 'approve', 'mail', 'Release mailings to the printer'),
  ('019b76da-a800-7000-8000-000100000033', 'landing_page.publish', 'landing_page', 'publish', 'mail', 'Publish landing pages'),
  ('019b76da-a800-7000-8000-000100000034', 'conversion.read', 'conversion', 'read', 'mail', 'See scans and conversions'),
  ('019b76da-a800-7000-8000-000100000035', 'agent.manage', 'agent', 'manage', 'persona', 'Make agents and choose their personas'),
  ('019b76da-a800-7000-8000-000100000036', 'persona.update', 'persona', 'update', 'persona', 'Change personas and their sources'),
  ('019b76da-a800-7000-8000-000100000037', 'social_account.connect', 'social_account', 'connect', 'persona', 'Connect social accounts to personas'),
  ('019b76da-a800-7000-8000-000100000038', 'social_campaign.update', 'social_campaign', 'update', 'persona', 'Plan campaigns of posts'),
  ('019b76da-a800-7000-8000-000100000039', 'campaign_post.approve', 'campaign_post', 'approve', 'persona', 'Approve posts'),
  ('019b76da-a800-7000-8000-00010000003a', 'campaign_post.publish', 'campaign_post', 'publish', 'persona', 'Publish and schedule posts'),
  ('019b76da-a800-7000-8000-00010000003b', 'engagement_item.reply', 'engagement_item', 'reply', 'persona', 'Answer comments and mentions'),
  ('019b76da-a800-7000-8000-00010000003c', 'research_task.create', 'research_task', 'create', 'persona', 'Order research')
on conflict do nothing;

-- What a network takes in one post when this was written. Networks change their minds: an operator
-- corrects the row.
insert into public.social_platform
  (id, slug, name, icon, text_length_max, media_max, supports_video, supports_threads, position) values
  ('019b76da-a800-7000-8000-000200000001', 'linkedin', 'LinkedIn', 'linkedin', 3000, 20, true, false, 1),
  ('019b76da-a800-7000-8000-000200000002', 'x', 'X', 'x', 280, 4, true, true, 2),
  ('019b76da-a800-7000-8000-000200000003', 'facebook', 'Facebook', 'facebook', 63206, 10, true, false, 3),
  ('019b76da-a800-7000-8000-000200000004', 'instagram', 'Instagram', 'instagram', 2200, 10, true, false, 4),
  ('019b76da-a800-7000-8000-000200000005', 'threads', 'Threads', 'threads', 500, 20, true, true, 5),
  ('019b76da-a800-7000-8000-000200000006', 'tiktok', 'TikTok', 'tiktok', 2200, 35, true, false, 6),
  ('019b76da-a800-7000-8000-000200000007', 'youtube', 'YouTube', 'youtube', 5000, 1, true, false, 7),
  ('019b76da-a800-7000-8000-000200000008', 'reddit', 'Reddit', 'reddit', 40000, 20, true, false, 8),
  ('019b76da-a800-7000-8000-000200000009', 'bluesky', 'Bluesky', 'bluesky', 300, 4, true, true, 9)
on conflict do nothing;

insert into public.cartridge_preset (id, slug, type, name, description, config, position) values
  ('019b76da-a800-7000-8000-000300000001', 'voice-professional', 'voice', 'Professional', 'Professional business voice',
   '{"tone": "professional", "style": "clear and factual", "personality": ["competent", "courteous"], "vocabulary": {"prefer": [], "avoid": ["slang"]}}', 1),
  ('019b76da-a800-7000-8000-000300000002', 'voice-casual', 'voice', 'Casual', 'Friendly casual voice',
   '{"tone": "casual", "style": "short and personal", "personality": ["friendly", "curious"], "vocabulary": {"prefer": [], "avoid": ["jargon"]}}', 2),
  ('019b76da-a800-7000-8000-000300000003', 'style-concise', 'style', 'Concise', 'Short sentences, one thought each',
   '{"sentence_words_max": 18, "paragraph_sentences_max": 3, "emoji": "none", "hashtags_max": 3}', 3),
  ('019b76da-a800-7000-8000-000300000004', 'style-story', 'style', 'Story', 'Begins with a scene and ends with what it means',
   '{"sentence_words_max": 24, "paragraph_sentences_max": 5, "emoji": "rare", "hashtags_max": 5}', 4),
  ('019b76da-a800-7000-8000-000300000005', 'brand-plain', 'brand', 'Plain', 'A brand that says nothing of itself yet',
   '{"values": [], "audience": null, "promise": null, "words_to_avoid": []}', 5),
  ('019b76da-a800-7000-8000-000300000006', 'preferences-standard', 'preferences', 'Standard', 'English, medium length, a question before anything is sent',
   '{"language": "en", "length": "medium", "asks_before_sending": true}', 6),
  ('019b76da-a800-7000-8000-000300000007', 'instructions-outreach', 'instructions', 'Respectful outreach', 'What every message to a stranger keeps to',
   '{"rules": ["Say who writes and why.", "Ask for one thing only.", "Claim nothing that the sources do not say.", "Accept a no and do not write again."]}', 7),
  ('019b76da-a800-7000-8000-000300000008', 'training-empty', 'training', 'No sources', 'Nothing learned yet; sources are added by the workspace',
   '{"sources": [], "industry": null, "expertise": []}', 8)
on conflict do nothing;

-- List prices in cents to begin with, for whom no row names their subscription_tier; an operator sets
-- what is really asked.
insert into public.pricing_tier (id, name, product, contacts_min, contacts_max, unit_price_cents) values
  ('019b76da-a800-7000-8000-000400000001', 'Contacts from 1', 'contact', 1, 999, 8.0000),
  ('019b76da-a800-7000-8000-000400000002', 'Contacts from 1,000', 'contact', 1000, 9999, 6.0000),
  ('019b76da-a800-7000-8000-000400000003', 'Contacts from 10,000', 'contact', 10000, 99999, 4.5000),
  ('019b76da-a800-7000-8000-000400000004', 'Contacts from 100,000', 'contact', 100000, null, 3.0000),
  ('019b76da-a800-7000-8000-000400000005', 'Pieces from 1', 'piece', 1, 499, 95.0000),
  ('019b76da-a800-7000-8000-000400000006', 'Pieces from 500', 'piece', 500, 4999, 82.0000),
  ('019b76da-a800-7000-8000-000400000007', 'Pieces from 5,000', 'piece', 5000, null, 68.0000),
  ('019b76da-a800-7000-8000-000400000008', 'Credits', 'credit', 1, null, 100.0000)
on conflict do nothing;
