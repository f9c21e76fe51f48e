// Guests sign up and in, choose a cloud, and see what data there is now.
import type { Cloud, DataRecord } from '@waybill/sdk'
import { isWaybillError } from '@waybill/sdk'
import { LeftOut, mustBe, mustRefuse } from '../finding.ts'
import { newClient } from '../guest.ts'
import { datasetOf, guestOf, invite, type Visit } from '../visit.ts'

export async function signUpAndIn(visit: Visit): Promise<string> {
  await invite(visit, 'ada')
  await invite(visit, 'bob')
  const { user, client } = guestOf(visit, 0)
  const details = await client.me.details()
  mustBe(
    details.id === user.id && details.role === 'customer',
    `GET /user/details shows ${details.id}, ${details.role}`,
  )
  const again = { email: user.email, password: 'not the same at all' }
  const nobody = newClient(visit.server)
  await mustRefuse(nobody.signUp({ name: 'Eve', ...again }), 409, 'EMAIL_TAKEN', 'an e-mail that is taken')
  await mustRefuse(nobody.signIn(again), 401, 'INVALID_CREDENTIALS', 'a wrong password')
  return `${visit.guests.length} users, marked ${visit.run}`
}

export async function registerWithCloud(visit: Visit): Promise<string> {
  const { client } = guestOf(visit, 0)
  const cloud = chooseCloud(await client.clouds.list(), visit.terms.cloud)
  for (const guest of visit.guests) {
    const user = await guest.client.me.registerCloud(cloud.name)
    mustBe(user.cloud === cloud.name, `registered with ${cloud.name}, and the answer says ${user.cloud}`)
  }
  visit.cloud = cloud
  return `${cloud.name}, driver ${cloud.driver}, ${cloud.mode}`
}

function chooseCloud(clouds: Cloud[], wanted: string | undefined): Cloud {
  const enabled = clouds.filter(cloud => cloud.enabled)
  if (wanted !== undefined) {
    const found = enabled.find(({ name }) => name === wanted)
    mustBe(found !== undefined, `${wanted} is not among the enabled clouds: ${enabled.map(it => it.name).join(', ')}`)
    return found
  }
  const found =
    enabled.find(({ name }) => name === 'LOCAL') ?? enabled.find(({ mode }) => mode === 'immediate') ?? enabled[0]
  if (!found) throw new LeftOut('no cloud is enabled')
  return found
}

const pageSize = 50
/** Compared with what is delivered later, too. */
export const mostRecords = 2_000

/** Two ways through the same records must meet: large pages, and smaller ones. */
export async function browse(visit: Visit): Promise<string> {
  const { client } = guestOf(visit, 0)
  if (!visit.cloud) throw new LeftOut('no cloud could be chosen')
  try {
    visit.datasets = (await client.data.datasets()).datasets
  } catch (error) {
    if (!isWaybillError(error, 'ORDER_REQUIRED')) throw error
    if (visit.terms.dataset !== undefined) visit.datasets = [{ name: visit.terms.dataset, bytes: 0, updated_at: '' }]
    throw new LeftOut(`${visit.cloud.name} works by order only${visit.datasets ? '' : ': name a --dataset'}`)
  }
  const wanted = visit.terms.dataset
  mustBe(
    wanted === undefined || visit.datasets.some(({ name }) => name === wanted),
    `${wanted} is not among the datasets`,
  )
  const { name } = datasetOf(visit)
  const whole = await client.data.records(name, { limit: 100 }).take(pageSize * 3)
  const inPages: DataRecord[] = []
  for await (const { items } of client.data.records(name, { limit: pageSize }).pages()) {
    mustBe(items.length <= pageSize, `a page of ${pageSize} has ${items.length} records`)
    inPages.push(...items)
    if (inPages.length >= whole.length) break
  }
  const isSame = JSON.stringify(inPages.slice(0, whole.length)) === JSON.stringify(whole)
  mustBe(isSame, `pages of ${pageSize} and of 100 records of ${name} differ`)
  const missing = client.data.records('no-such-dataset').page()
  await mustRefuse(missing, 404, 'DATASET_NOT_FOUND', 'a dataset that is not there')
  return `${visit.datasets.length} datasets, ${whole.length} records of ${name}`
}
