// Contenders take turns, so that what else the machine does meanwhile falls on all of them alike.

type Contenders = Record<string, () => Promise<unknown>>
type Samples<C extends Contenders> = { [K in keyof C]: Awaited<ReturnType<C[K]>>[] }

/** Each contender measures once a round, `rounds` times, after one round that does not count. */
export async function interleave<C extends Contenders>(
  rounds: number,
  contenders: C,
  options: { warmUp: boolean } = { warmUp: true },
): Promise<Samples<C>> {
  const samples = Object.fromEntries(Object.keys(contenders).map(name => [name, [] as unknown[]]))
  for (let round = options.warmUp ? -1 : 0; round < rounds; round++) {
    for (const [name, measure] of Object.entries(contenders)) {
      const sample = await measure()
      if (round >= 0) samples[name]!.push(sample)
    }
  }
  return samples as Samples<C>
}
