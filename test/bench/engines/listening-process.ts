// Finds the process that listens on a TCP port of this machine, so that an engine's cost can be read like that of a server.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The state of a socket that listens, in /proc/net/tcp (proc(5)). */
const listening = '0A'

/** Undefined where it runs elsewhere, or belongs to somebody whose processes we may not read. */
export function pidListeningOn(port: number): number | undefined {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(file => listeningSockets(file, port))
  return numbersIn('/proc').find(pid => openSockets(pid).some(socket => sockets.includes(socket)))
}

function listeningSockets(file: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = readOr('', () => readFileSync(file, 'utf8')).split('\n')
  return lines
    .map(line => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === listening && local!.endsWith(`:${wanted}`))
    .map(fields => `socket:[${fields[9]}]`)
}

function openSockets(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return readOr([], () => readdirSync(folder)).map(name => readOr('', () => readlinkSync(`${folder}/${name}`)))
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder)
    .filter(name => /^\d+$/.test(name))
    .map(Number)
}

/** What has ended in between, or is not ours to read, has nothing. */
function readOr<T>(nothing: T, read: () => T): T {
  try {
    return read()
  } catch {
    return nothing
  }
}
