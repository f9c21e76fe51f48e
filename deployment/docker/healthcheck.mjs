// What the container engine runs to see whether a container is well: the same question that the load balancer asks.
const url = `http://127.0.0.1:${process.env.PORT}/healthz`
const isWell = await fetch(url, { signal: AbortSignal.timeout(2_500) }).then(
  response => response.ok,
  () => false,
)
process.exit(isWell ? 0 : 1)
