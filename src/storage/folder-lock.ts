import { open, readFile, rm } from 'node:fs/promises'
import { PlaykiteError } from '../core/errors.ts'
import { diskError, systemCode } from './disk-errors.ts'

/** Tries to take a lock whose holder died meanwhile: more than one other process at the same moment is nobody's plan. */
const MAX_TRIES = 3

interface Holder {
  readonly pid: number
  /** When the process began, as the system counts it: a process id alone comes round again. */
  readonly startedAt: string | null
}

export interface FolderLock {
  release(): Promise<void>
}

/** One process for a data folder. @throws PlaykiteError folder-in-use, which names the process that has it */
export async function lockFolder(path: string): Promise<FolderLock> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await created(path)) return { release: () => rm(path, { force: true }) }
    const holder = await readHolder(path)
    if (holder !== undefined && (await lives(holder))) throw inUse(holder.pid, path)
    await rm(path, { force: true })
  }
  throw new PlaykiteError('folder-in-use', `Other processes take the lock ${path} at this moment.`)
}

async function created(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o600)
    const holder: Holder = { pid: process.pid, startedAt: (await startOf(process.pid)) ?? null }
    try {
      await handle.writeFile(JSON.stringify(holder))
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw diskError(error, `lock ${path}`)
  }
}

/** @returns undefined if the file is gone or was cut off by a crash */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number')
      return undefined
    const startedAt = 'startedAt' in value && typeof value.startedAt === 'string' ? value.startedAt : null
    return { pid: value.pid, startedAt }
  } catch (error) {
    if (error instanceof SyntaxError || systemCode(error) === 'ENOENT') return undefined
    throw diskError(error, `read the lock ${path}`)
  }
}

async function lives({ pid, startedAt }: Holder): Promise<boolean> {
  if (pid === process.pid) return startedAt === ((await startOf(pid)) ?? null)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false
  }
  const start = await startOf(pid)
  return start === undefined || startedAt === null || start === startedAt
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined where there is no /proc. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch (error) {
    if (systemCode(error) !== undefined) return undefined
    throw error
  }
}

function inUse(pid: number, path: string): PlaykiteError {
  return new PlaykiteError('folder-in-use', `The data folder is in use by process ${pid} (${path}).`, {
    remedy: `Use that node, stop it (kill ${pid}), or give this one another folder with --data DIR.`,
  })
}
