// Tells whether a client wants an answer as an event stream.

export function asksForEvents(accept: string | undefined): boolean {
  return /(?:^|,)\s*text\/event-stream\s*(?:;|,|$)/i.test(accept ?? '')
}
