import { request } from './http.js'
import { Person } from './person.js'
import { TEST_APP } from './test-app.js'

/** The default app's own server, as tests drive it. */
export async function administratorOf(url: string): Promise<Person> {
  const answer = await request('POST', `${url}/oauth/token`, {
    form: {
      grant_type: 'client_credentials',
      client_id: TEST_APP.appKey,
      client_secret: TEST_APP.appSecret,
    },
  })
  if (answer.status !== 200) throw new Error(`oauth/token: ${JSON.stringify(answer.body)}`)
  return new Person(url, { id: '-1', token: answer.body.access_token } as Person['login'])
}
