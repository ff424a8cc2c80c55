import { type DestinationStream, pino, stdSerializers } from 'pino'
import pretty from 'pino-pretty'
import type { Log } from '../ports/log.ts'

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** For people on a terminal; else one JSON object a line. */
  readonly pretty: boolean
  readonly stream: NodeJS.WritableStream
}

/** One logger for each component; all write to one stream. */
export function createLoggers({
  level,
  pretty: isPretty,
  stream,
}: LoggerOptions): (component: string) => Log {
  const destination: DestinationStream = isPretty
    ? pretty({
        colorize: true,
        ignore: 'pid,hostname,component',
        messageFormat: '{component}: {msg}',
        destination: stream,
        sync: true,
      })
    : { write: (line) => void stream.write(line) }
  // Of an error that is a plain field, JSON would keep neither message nor stack nor causes.
  const serializers = { err: stdSerializers.err, error: stdSerializers.err }
  const root = pino({ level, base: null, serializers }, destination)
  return (component) => root.child({ component })
}
