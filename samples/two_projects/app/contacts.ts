import { supabase } from './client'

export async function addContact(email: string, firstName: string) {
  return supabase.from('contacts').insert({ email, first_name: firstName }).select().single()
}

export const openProfile = (id: string) =>
  supabase.from('profiles').select('name, workspaces(name)').eq('id', id).single()
