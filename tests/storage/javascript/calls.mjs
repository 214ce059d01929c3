// Calls the storage API as applications do; prints one JSON object: name of the call -> what came.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const [address, key, folder, name, slug] = process.argv.slice(2)
const require = createRequire(pathToFileURL(`${folder}/package.json`))
const { StorageClient } = require('@supabase/storage-js')
const storage = new StorageClient(address, { apikey: key, Authorization: `Bearer ${key}` })
const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')
const seen = {}
const call = async (what, answer) => {
  const { data, error } = await answer
  seen[what] = { data, error: error && { message: error.message, status: error.status, statusCode: error.statusCode } }
  return data
}
const text = async (response) => ({ data: await response.text(), error: response.ok ? null : { status: response.status } })

await call('createBucket', storage.createBucket(name, { public: true, fileSizeLimit: '100KB', allowedMimeTypes: ['image/*', 'text/plain'] }))
await call('getBucket', storage.getBucket(name))
await call('listBuckets', storage.listBuckets())
await call('updateBucket', storage.updateBucket(name, { public: true, fileSizeLimit: '100KB', allowedMimeTypes: ['image/*', 'text/plain'] }))
const files = storage.from(name)
await call('upload', files.upload('/acme-ltd//deep/a b.txt', 'hello'))
await call('taken', files.upload('acme-ltd/deep/a b.txt', 'hello'))
await call('upsert', files.upload('acme-ltd/deep/a b.txt', 'hello again', { upsert: true, contentType: 'text/plain' }))
await call('tooLarge', files.upload('acme-ltd/large.txt', 'x'.repeat(100_001)))
await call('wrongType', files.upload('acme-ltd/page.txt', '<!doctype html><script>1</script>'))
await call('blob', files.upload('acme-ltd/blob.png', new Blob([png], { type: 'image/png' }), { metadata: { a: 1 } }))
const blob = await files.download('acme-ltd/deep/a b.txt')
seen.download = { data: await blob.data.text(), error: blob.error }
await call('info', files.info('acme-ltd/blob.png'))
seen.exists = { data: (await files.exists('acme-ltd/blob.png')).data, error: null }
seen.existsNot = { data: (await files.exists('acme-ltd/none')).data, error: null }
await call('missing', files.info('acme-ltd/none'))
await call('list', files.list('acme-ltd'))
await call('search', files.list('acme-ltd', { search: 'BLO', sortBy: { column: 'created_at', order: 'desc' } }))
await call('listPaged', files.list('acme-ltd/', { limit: 1, offset: 1 }))
await call('listV2', files.listV2({ prefix: 'acme-ltd/', with_delimiter: true }))
await call('move', files.move('acme-ltd/deep/a b.txt', 'acme-ltd/moved.txt'))
await call('copy', files.copy('acme-ltd/moved.txt', 'acme-ltd/copy.txt'))
const { data: signed } = await files.createSignedUrl('acme-ltd/moved.txt', 60, { download: 'ä.txt' })
await call('signed', text(await fetch(signed.signedUrl)))
await call('signMany', files.createSignedUrls(['acme-ltd/moved.txt', 'none'], 60))
const { data: ticket } = await files.createSignedUploadUrl('acme-ltd/ticket.txt')
await call('signedUpload', files.uploadToSignedUrl('acme-ltd/ticket.txt', ticket.token, 'by ticket', { contentType: 'text/plain' }))
const { data: { publicUrl } } = storage.from(`${name}@${slug}`).getPublicUrl('acme-ltd/moved.txt')
await call('public', text(await fetch(publicUrl)))
await call('remove', files.remove(['acme-ltd/copy.txt', 'acme-ltd/moved.txt']))
await call('notEmpty', storage.deleteBucket(name))
await call('emptyBucket', storage.emptyBucket(name))
await call('deleteBucket', storage.deleteBucket(name))
console.log(JSON.stringify(seen))
