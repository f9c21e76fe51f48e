// A floor that converts wrongly would be faster than one that is right.
import { expect, it } from 'vitest'
import { csvToNdjson } from './csv-lines.ts'

it('converts plain and quoted fields, commas and doubled quotes in them included', () => {
  const { records, ndjson } = csvToNdjson('id,name,city\n1,"Field, ""South""",\n2,,Oslo\n')
  expect(records).toBe(2)
  expect(ndjson).toBe('{"id":"1","name":"Field, \\"South\\"","city":""}\n{"id":"2","name":"","city":"Oslo"}\n')
})
