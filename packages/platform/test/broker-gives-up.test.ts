// A message that ends whoever handles it is given up by the broker at last: then it waits for a person, as every dead letter.
import { uuidv7 } from 'uuidv7'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { newEvent } from '../src/bus/index.ts'
import { call, startService, type TestHost, until } from '../src/testing/index.ts'
import { type EchoService, echoService } from './echo-service.ts'

let host: TestHost
let echo: EchoService
beforeEach(async () => {
  host = await startService([
    echoService((service, { broker }) => {
      echo = service
      service.plumbing.consumer.subscribe(broker, {
        'user.changed': async (tx, event) => {
          await tx.insertInto('notes').values({ id: uuidv7(), text: event.data.user_id }).execute()
        },
      })
    }),
  ])
})
afterEach(() => host.stop())

const userChanged = () => newEvent('user.changed', uuidv7(), { user_id: uuidv7() }, Date.now())
const notes = async () => (await echo.notes.db.selectFrom('notes').select('text').execute()).map(row => row.text)
const deadLetters = async () => {
  const { token } = host.users.signIn({ role: 'operator' })
  const { body } = await call<{ id: string; event_id: string; tries: number; error: string }[]>(
    host.url,
    'GET /dead-letters',
    { token },
  )
  return body.data
}

test('what the broker gave up is not handled but kept, once, until a person replays it', async () => {
  const event = userChanged()
  await Promise.all([host.broker.giveUp('order', event), host.broker.giveUp('order', event)])
  expect(await notes()).toEqual([])
  const letters = await deadLetters()
  expect(letters).toMatchObject([
    { event_id: event.id, tries: 5, error: expect.stringMatching(/^given up by the broker/) },
  ])
  const { token } = host.users.signIn({ role: 'operator' })
  expect((await call(host.url, `POST /dead-letters/${letters[0]!.id}/replay`, { token })).status).toBe(202)
  await until(notes, seen => seen.length === 1)
  await until(deadLetters, left => left.length === 0)
})

test('what was handled, and only its acknowledgements were lost, is not dead', async () => {
  const { token } = host.users.signIn({ role: 'operator' })
  const event = userChanged()
  await host.broker.publish(event)
  await host.broker.giveUp('order', event)
  expect((await call(host.url, 'GET /dead-letters', { token })).body.data).toEqual([])
  expect(await notes()).toHaveLength(1)
})

test('rubbish that the broker gave up is kept as it is', async () => {
  await host.broker.giveUp('order', '{ rubbish' as never)
  expect(await deadLetters()).toMatchObject([{ event: { message: '{ rubbish' } }])
})
