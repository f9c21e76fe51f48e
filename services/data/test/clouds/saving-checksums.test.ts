import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { isUsable } from '../../src/clouds/checksum.ts'
import { readState } from '../../src/clouds/checksum-state.ts'
import { openOpensslChecksum } from '../../src/clouds/openssl-checksum.ts'
import { openSaveableChecksum } from '../../src/clouds/saveable-checksum.ts'
import { openWasmChecksum } from '../../src/clouds/wasm-checksum.ts'

const hasKoffi = await import('koffi').then(
  () => true,
  () => false,
)
const makers = { OpenSSL: openOpensslChecksum, WebAssembly: openWasmChecksum }
const mebibyte = 1024 * 1024

function sumOf(...pieces: Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}

async function open(maker: keyof typeof makers, saved: string | undefined) {
  return (await makers[maker](saved === undefined ? undefined : readState(saved)))!
}

describe.skipIf(!hasKoffi)('with koffi', () => {
  test('the OpenSSL of Node.js sums up', async () => {
    expect(await openOpensslChecksum(undefined)).toBeDefined()
  })

  test('a checksum is the same wherever it is saved, and whoever goes on with it', async () => {
    const maker = fc.constantFrom(...(Object.keys(makers) as (keyof typeof makers)[]))
    const piece = fc.tuple(maker, fc.uint8Array({ maxLength: 200 }))
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), maker, async (pieces, last) => {
        let saved: string | undefined
        for (const [by, bytes] of pieces) {
          const checksum = await open(by, saved)
          checksum.update(bytes)
          saved = checksum.save()!
          expect(isUsable(saved)).toBe(true)
        }
        const whole = sumOf(...pieces.map(([, bytes]) => bytes))
        expect((await open(last, saved)).digest()).toBe(whole)
      }),
      { numRuns: 200 },
    )
  })

  test('both save the same at every byte of a block and behind it', async () => {
    for (let length = 0; length <= 130; length++) {
      const bytes = Buffer.alloc(length, 'waybill')
      const saved = []
      for (const maker of Object.keys(makers) as (keyof typeof makers)[]) {
        const checksum = await open(maker, undefined)
        checksum.update(bytes)
        saved.push(checksum.save())
      }
      expect(saved[0]).toBe(saved[1])
    }
  })

  test('a checksum of more than 2^32 bits goes from one to the other', async () => {
    const piece = Buffer.alloc(64 * mebibyte, 'waybill')
    const large = Array<Buffer>(9).fill(piece)
    const first = await open('OpenSSL', undefined)
    for (const bytes of large) first.update(bytes)
    const second = await open('WebAssembly', first.save())
    second.update(Buffer.from('and'))
    const third = await open('OpenSSL', second.save())
    third.update(Buffer.from('more'))
    expect(third.digest()).toBe(sumOf(...large, Buffer.from('andmore')))
  })
})

test('where koffi is missing, a checksum is made and saved all the same', async () => {
  vi.resetModules()
  vi.doMock('koffi', () => {
    throw new Error('not installed')
  })
  const { openOpensslChecksum: openWithout } = await import('../../src/clouds/openssl-checksum.ts')
  const { openSaveableChecksum: openAnyWithout } = await import('../../src/clouds/saveable-checksum.ts')
  expect(await openWithout(undefined)).toBeUndefined()
  const without = await openAnyWithout(undefined)
  without.update(Buffer.from('way'))
  vi.doUnmock('koffi')
  const other = await openSaveableChecksum(without.save())
  other.update(Buffer.from('bill'))
  expect(other.digest()).toBe(sumOf(Buffer.from('waybill')))
})

test('what hash-wasm 4.13 saved in checkpoints before states had a form of their own is gone on with', async () => {
  const head = '8ed695a3' // Its mark, then the pending block, the length, the words, the length of a digest.
  const block = Buffer.from('efghij').toString('hex').padEnd(128, '0')
  const rest = '4600000000000000c4eb023dc118c244e553cf8882fa5f4c0059e13351ef572f80d76887b69576e32000000000000000'
  const saved = Buffer.from(head + block + rest, 'hex').toString('base64')
  const checksum = await openSaveableChecksum(saved)
  checksum.update(Buffer.from('klm'))
  expect(checksum.digest()).toBe(sumOf(Buffer.from(`${'abcdefghij'.repeat(7)}klm`)))
})

test.each([
  ['nothing', undefined],
  ['no base64 of any length', ''],
  ['too short', Buffer.alloc(39).toString('base64')],
  ['a length that the pending bytes do not fit', Buffer.alloc(41).toString('base64')],
  ['the state of another library', Buffer.alloc(116, 7).toString('base64')],
])('a checksum does not go on with %s', (_, saved) => {
  expect(isUsable(saved)).toBe(false)
})
