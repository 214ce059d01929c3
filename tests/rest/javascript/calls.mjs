// Calls the data API as applications do; prints one JSON object: name of the call -> what came back.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [address, key, folder, mark] = process.argv.slice(2)
const require = createRequire(pathToFileURL(`${folder}/package.json`))
const { PostgrestClient } = require('@supabase/postgrest-js')
const db = new PostgrestClient(address, { headers: { apikey: key, Authorization: `Bearer ${key}` } })
const seen = {}
const call = async (name, query) => {
  const { data, error, count, status } = await query
  seen[name] = { data, code: error?.code ?? null, count, status }
}

await call('insert', db.from('shelf').insert([{ name: `${mark} a`, size: 1, tags: ['x'] }, { name: `${mark} b`, size: 2 }]).select('name,size').order('name'))
await call('uneven', db.from('shelf').insert([{ name: `${mark} c` }, { name: `${mark} d`, size: 4 }], { defaultToNull: false }).select('name,size').order('name'))
await call('select', db.from('shelf').select('name', { count: 'exact' }).like('name', `${mark}%`).order('size', { ascending: false, nullsFirst: false }).range(0, 1))
await call('head', db.from('shelf').select('*', { count: 'exact', head: true }).like('name', `${mark}%`))
await call('single', db.from('shelf').select('size').eq('name', `${mark} b`).single())
await call('notSingle', db.from('shelf').select('size').like('name', `${mark}%`).single())
await call('maybeSingle', db.from('shelf').select('size').eq('name', 'nobody').maybeSingle())
await call('or', db.from('shelf').select('name').like('name', `${mark}%`).or('size.eq.1,and(size.gt.3,size.lt.9)').order('name'))
await call('in', db.from('shelf').select('name').in('name', [`${mark} a`, `${mark} b, (c)`]))
await call('contains', db.from('shelf').select('name').like('name', `${mark}%`).contains('tags', ['x']))
await call('not', db.from('shelf').select('name').like('name', `${mark}%`).not('size', 'is', null).order('name'))
await call('likeAnyOf', db.from('shelf').select('name').likeAnyOf('name', [`${mark} a`, `${mark} b`]).order('name'))
await call('embed', db.from('campaign').select('name,client!inner(name)').eq('client.name', 'own client 0'))
await call('spread', db.from('campaign').select('name,...client(client_name:name)'))
await call('upsert', db.from('shelf').upsert({ name: `${mark} a`, size: 9 }, { onConflict: 'name' }).select('size').single())
await call('ignore', db.from('shelf').upsert({ name: `${mark} a`, size: 8 }, { onConflict: 'name', ignoreDuplicates: true }).select('size'))
await call('update', db.from('shelf').update({ size: 5 }).eq('name', `${mark} b`).select('size'))
await call('rpc', db.rpc('add_up', { a: 1, b: 2 }))
await call('rpcGet', db.rpc('pairs', { n: 3 }, { get: true }).select('v').gt('k', 1))
await call('csv', db.from('shelf').select('name,size').eq('name', `${mark} b`).csv())
await call('legacy', db.schema('legacy').from('clients').select('full_name').order('full_name').limit(1))
await call('missing', db.from('nothing').select('*'))
await call('foreign', db.from('client').select('name').like('name', 'other%'))
await call('delete', db.from('shelf').delete({ count: 'exact' }).like('name', `${mark}%`))
console.log(JSON.stringify(seen))
