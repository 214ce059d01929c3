// A small app as it was written for Supabase: it signs in, reads, writes, calls, and signs out.
// Prints one JSON object: name of the call -> what came.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [address, key, email, password, folder, clientId, foreignId] = process.argv.slice(2)
const require = createRequire(pathToFileURL(`${folder}/package.json`))
const { createClient } = require('@supabase/supabase-js')
const supabase = createClient(address, key, { auth: { persistSession: false, autoRefreshToken: false } })
const seen = {}
const keep = (what, { data, error, count, status }) => {
  seen[what] = { data, error: error && { message: error.message, code: error.code, status: error.status }, count, status }
  return data
}

keep('before', await supabase.from('client').select('name'))
keep('wrongPassword', await supabase.auth.signInWithPassword({ email, password: `${password}x` }))
const { user } = keep('signIn', await supabase.auth.signInWithPassword({ email, password }))
keep('user', await supabase.auth.getUser())
keep('clients', await supabase.from('client').select('name, campaign(name, trigger_word)').order('name'))
const campaign = (await supabase.from('campaign').select('id').single()).data
const lead = { client_id: clientId, campaign_id: campaign?.id, linkedin_id: 'kim-1', first_name: 'Kim' }
const [made] = keep('insert', await supabase.from('lead').insert([lead]).select()) ?? []
if (!made) throw new Error(JSON.stringify(seen.insert))
keep('upsert', await supabase.from('lead').upsert({ ...lead, id: made.id, first_name: 'Kim B.' }).select('id, first_name').single())
keep('count', await supabase.from('lead').select('*', { count: 'exact', head: true }))
keep('rpc', await supabase.rpc('leads_of', { client: clientId }))
keep('foreignRead', await supabase.from('client').select('name').eq('id', foreignId))
keep('foreignWrite', await supabase.from('lead').insert({ ...lead, client_id: foreignId, linkedin_id: 'x' }))
keep('update', await supabase.auth.updateUser({ data: { nickname: 'K' } }))
keep('delete', await supabase.from('lead').delete().eq('id', made.id).select('id'))
const { session } = (await supabase.auth.getSession()).data
keep('refresh', await supabase.auth.refreshSession(session))
keep('signOut', { ...(await supabase.auth.signOut()), data: null })
keep('after', await supabase.from('client').select('name'))
const stale = await fetch(`${address}/rest/v1/client`, { headers: { apikey: key, authorization: `Bearer ${session.access_token}` } })
seen.staleToken = { status: stale.status }
seen.person = user?.email
console.log(JSON.stringify(seen))
