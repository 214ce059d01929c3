import { createClient } from '@supabase/supabase-js'
import type { Database } from './database.types'

const supabase = createClient<Database>(process.env.SUPABASE_URL!, process.env.SUPABASE_ANON_KEY!)

const TABLES = { sends: 'sends' } as const

type Campaign = Database['public']['Tables']['campaigns']['Row']

export async function listCampaigns(): Promise<Campaign[]> {
  const { data, error } = await supabase
    .from('campaigns')
    .select('id, title, sends(id, contacts(email))')
    .order('created_at', { ascending: false })
  if (error) throw error
  return data as unknown as Campaign[]
}

export async function countSends(campaignId: string): Promise<number> {
  const { count } = await supabase
    .from(TABLES.sends)
    .select('id', { count: 'exact', head: true })
    .eq('campaign_id', campaignId)
  return count ?? 0
}

export async function attach(file: File): Promise<void> {
  // a bucket, not the table
  await supabase.storage.from('campaigns').upload(file.name, file)
}
