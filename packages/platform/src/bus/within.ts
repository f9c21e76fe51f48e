// Patience with a broker that may have stopped answering.

/** Waits for work that may fail or never end. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>(resolve => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work.catch(() => {}), timeout])
  clearTimeout(timer)
}
