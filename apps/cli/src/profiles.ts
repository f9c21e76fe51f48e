// What is kept between two commands, under $XDG_CONFIG_HOME/waybill (XDG Base Directory 0.8): profiles with their servers, and who is signed in there.
import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { UsageError } from './failures.ts'

/** Who is signed in, and with what. */
export interface SignIn {
  email: string
  access_token: string
  refresh_token: string
  /** When the access token ends (milliseconds since 1970). */
  expires_at: number
}

interface Config {
  profiles: Record<string, { server?: string }>
}
/** By profile, then by server: what signs in at one server is never shown to another. */
type SignIns = Record<string, Record<string, SignIn>>

const folderMode = 0o700
const fileMode = 0o600

export type Profiles = ReturnType<typeof openProfiles>

/** The files of the user who runs us; nothing is written before there is something to keep. */
export function openProfiles(folder: string = configFolder()) {
  const configFile = join(folder, 'config.json')
  const signInFile = join(folder, 'sign-in.json')

  async function changeSignIns(change: (all: SignIns) => void): Promise<void> {
    const all = await read<SignIns>(signInFile, {})
    change(all)
    await write(signInFile, all)
  }

  async function prepareFolder(): Promise<void> {
    await mkdir(folder, { recursive: true, mode: folderMode })
    // It may have been there, open to others.
    await chmod(folder, folderMode)
  }

  /** A reader sees the whole of the old or of the new file. */
  async function write(file: string, content: unknown): Promise<void> {
    await prepareFolder()
    const draft = `${file}.${randomUUID()}`
    try {
      await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: fileMode, flag: 'wx' })
      await rename(draft, file)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }

  return {
    /** A file to be locked while the tokens are refreshed. */
    async lockFile(): Promise<string> {
      await prepareFolder()
      const file = join(folder, 'sign-in.lock')
      await writeFile(file, '', { mode: fileMode, flag: 'a' })
      return file
    },

    async findServer(profile: string): Promise<string | undefined> {
      return (await read<Config>(configFile, { profiles: {} })).profiles?.[profile]?.server
    },

    async keepServer(profile: string, server: string): Promise<void> {
      const config = await read<Config>(configFile, { profiles: {} })
      if (config.profiles?.[profile]?.server === server) return
      await write(configFile, { ...config, profiles: { ...config.profiles, [profile]: { server } } })
    },

    async findSignIn(profile: string, server: string): Promise<SignIn | undefined> {
      return (await read<SignIns>(signInFile, {}))[profile]?.[server]
    },

    keepSignIn: (profile: string, server: string, signIn: SignIn): Promise<void> =>
      changeSignIns(all => {
        all[profile] = { ...all[profile], [server]: signIn }
      }),

    forgetSignIn: (profile: string, server: string): Promise<void> =>
      changeSignIns(all => {
        delete all[profile]?.[server]
      }),
  }
}

function configFolder(): string {
  const base = process.env.XDG_CONFIG_HOME
  // A relative one is to be ignored, says the specification.
  return join(base && isAbsolute(base) ? base : join(homedir(), '.config'), 'waybill')
}

async function read<T>(file: string, otherwise: T): Promise<T> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise
    throw error
  }
  try {
    return JSON.parse(text) as T
  } catch {
    throw new UsageError(`${file} is not JSON any more: mend it, or remove it and sign in again`, `rm ${file}`)
  }
}
