// What is asked of the bench must be what it does: a run takes minutes.
import { describe, expect, it } from 'vitest'
import { readOptions, UsageError } from './options.ts'

describe('the options of the bench', () => {
  it('are everything, on whatever answers, when nothing is said', () => {
    const options = readOptions([])
    expect(options).toMatchObject({ quick: false, write: false, topology: undefined, scale: undefined })
    expect(options.only).toContain('scale')
  })

  it('choose a topology and the orders in the tables, smallest first', () => {
    const options = readOptions(['--topology', 'embedded', '--scale', '1e5,1e3', '--only', 'scale'])
    expect(options).toMatchObject({ topology: 'embedded', scale: [1_000, 100_000], only: ['scale'] })
  })

  it.each([
    [['--topology', 'cloud'], 'engines, together, embedded'],
    [['--scale', '1e3,many'], 'whole numbers'],
    [['--scale', '0'], 'whole numbers'],
    [['--scale', '1e9'], 'up to 1e7'],
    [['--only', 'orders,nothing'], 'not nothing'],
    [['--fast'], '--fast'],
  ])('%j are refused in words', (given, words) => {
    expect(() => readOptions(given)).toThrow(UsageError)
    expect(() => readOptions(given)).toThrow(words)
  })
})
