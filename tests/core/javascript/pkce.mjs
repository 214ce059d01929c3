// An app of the code flow: reads steps from standard input, one a line, and answers each in a line.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const [address, key, packages] = process.argv.slice(2)
const { createClient } = createRequire(`${packages}/`)('@supabase/supabase-js')

function app() {
  const kept = new Map()
  return createClient(address, key, {
    auth: {
      flowType: 'pkce',
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storage: {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => void kept.set(name, value),
        removeItem: (name) => void kept.delete(name),
      },
    },
  })
}

const apps = { first: app(), second: app() }
const steps = {
  recover: (auth, { email, to }) => auth.resetPasswordForEmail(email, { redirectTo: to }),
  otp: (auth, { email, to }) => auth.signInWithOtp({ email, options: { emailRedirectTo: to } }),
  oauth: (auth, { provider, to }) =>
    auth.signInWithOAuth({ provider, options: { redirectTo: to, skipBrowserRedirect: true } }),
  exchange: (auth, { code }) => auth.exchangeCodeForSession(code),
  change: (auth, { password }) => auth.updateUser({ password }),
  who: (auth) => auth.getUser(),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { by, step, ...given } = JSON.parse(line)
  const { data, error } = await steps[step](apps[by].auth, given)
  const said = { email: data?.user?.email ?? null, url: data?.url ?? null }
  console.log(JSON.stringify({ ...said, error: error && (error.code ?? error.name) }))
}
