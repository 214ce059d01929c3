-- Nothing is left of other projects, of backups, or of tables that the unification replaced.
--
-- Contaminated and backup tables carried other people's data and no row-level security; a table
-- that was replaced but still stands is written to by whatever was not changed over.
select r.label as object,
       'must not exist: ' || case
         when r.name in ('outfit_history', 'swatches', 'swipe_cartridges')
           then 'it is contamination from another project'
         when r.name ~ '^backup_|_backup$|_backup_|_old$|_bak$' then 'it is a backup'
         else 'the unification replaced it' end as message,
       'archive it (pg_dump -t), then drop it' as fix
from our_relation as r
where r.kind in ('r', 'p', 'v', 'm', 'f') and r.schema_name = 'public'
  and (r.name in ('outfit_history', 'swatches', 'swipe_cartridges')
    or r.name ~ '^backup_|_backup$|_backup_|_old$|_bak$'
    or r.name in ('brand_cartridge', 'style_cartridge', 'voice_cartridge',
                  'preferences_cartridge', 'instruction_cartridge', 'hgc_session', 'hgc_message',
                  'organization', 'user_profile', 'profile', 'channel', 'agent_channel'))
order by 1
