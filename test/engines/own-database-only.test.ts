// Each service's user of MySQL may do everything in its own database and nothing in those of the others.
import { serviceNames } from '@waybill/contracts'
import { dropTestDatabases, newTestName } from '@waybill/platform/testing'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeDatabases } from '../system/deployment.ts'

const name = newTestName()
/** Settings as `npm run databases` prints them. */
let settings: Record<string, string>

beforeAll(async () => {
  settings = await makeDatabases(`${name}_`)
})
afterAll(() => dropTestDatabases(name))

test('four databases with four users and four passwords are made', () => {
  const urls = Object.values(settings).map(url => new URL(url))
  expect(Object.keys(settings)).toEqual(serviceNames.map(service => `${service.toUpperCase()}_DATABASE_URL`))
  for (const part of ['pathname', 'username', 'password'] as const)
    expect(new Set(urls.map(url => url[part])).size, part).toBe(4)
  for (const { password } of urls) expect(password.length).toBeGreaterThanOrEqual(32)
})

test.each(serviceNames)(
  'the user of the %s service rules its own database and is refused by the other three',
  async own => {
    const connection = await mysql.createConnection({ uri: settings[`${own.toUpperCase()}_DATABASE_URL`] })
    try {
      await connection.query('create table notes (id int primary key)')
      await connection.query('alter table notes add column text varchar(10)')
      await connection.query('insert into notes values (1, ?)', ['mine'])
      for (const other of serviceNames.filter(service => service !== own)) {
        const database = `${name}_${other}`
        await expect(connection.query(`use ${database}`), other).rejects.toMatchObject({ errno: accessDenied })
        await expect(connection.query(`create table ${database}.x (id int)`), other).rejects.toMatchObject({
          errno: tableDenied,
        })
        await expect(connection.query(`select * from ${database}.notes`), other).rejects.toMatchObject({
          errno: tableDenied,
        })
      }
      // An underscore in a grant stands for any character unless it is quoted.
      const lookalike = `${name.replaceAll('_', 'x')}_${own}`
      await expect(connection.query(`create database ${lookalike}`)).rejects.toMatchObject({ errno: accessDenied })
    } finally {
      await connection.end()
    }
  },
)

/** ER_DBACCESS_DENIED_ERROR */
const accessDenied = 1044
/** ER_TABLEACCESS_DENIED_ERROR */
const tableDenied = 1142
