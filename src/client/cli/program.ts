import { Command, CommanderError } from 'commander'
import { PlaykiteClientError } from '../errors.ts'
import { CliContext, type CliIo, type CommonOptions } from './context.ts'
import { type DemoOptions, demo } from './demo.ts'
import { type FetchOptions, fetchVideo } from './fetch.ts'
import { safeText } from './format.ts'
import { type ListOptions, list } from './lists.ts'
import { nodes, status } from './network.ts'
import { type EditOptions, edit, remove, restore, show, watch, why } from './one-video.ts'
import { type PublishOptions, publish } from './publish.ts'

/** What was typed after `playkite start`. */
export interface StartOptions {
  readonly data?: string
  readonly name?: string
  readonly network?: string
  readonly http?: string
  readonly port?: string
  readonly capacity?: string
  readonly zone?: string
  readonly join?: readonly string[]
  readonly mdns?: boolean
  readonly json?: boolean
}

export interface CliProgram {
  readonly io: CliIo
  readonly version: string
  /** Runs a node until it is told to stop. @returns the exit code */
  readonly start: (options: StartOptions) => Promise<number>
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Runs one command line. @param argv without the program's own name @returns the exit code */
export async function runCli(argv: readonly string[], { io, version, start }: CliProgram): Promise<number> {
  let exitCode = 0
  const program = new Command('playkite')
    .description('One video library across the machines of a LAN, with no master.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
    })
    .showHelpAfterError('(playkite --help shows what there is)')

  /** A command that talks to a node. */
  const command = (usage: string, description: string, ...examples: readonly string[]): Command =>
    program
      .command(usage)
      .description(description)
      .option('--node <url>', 'the node to talk to (PLAYKITE_NODE; http://127.0.0.1:4600)')
      .option('--json', 'print the result as JSON')
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ playkite ${example}`).join('\n')}`)
  const context = (options: CommonOptions): CliContext => new CliContext(io, options)

  program
    .command('start')
    .description('Run a node on this machine.')
    .option('--data <dir>', "folder for videos and the node's key (~/.local/share/playkite)")
    .option('--name <name>', 'name of this machine (its host name)')
    .option('--network <name>', 'only nodes of the same network meet (playkite)')
    .option(
      '--http <[host:]port>',
      'where page and API listen (127.0.0.1:4600; 0.0.0.0:4600 for the whole LAN; port 0: a free one)',
    )
    .option('--port <port>', 'P2P port (a free one at first, then the same)')
    .option(
      '--capacity <size>',
      'space for videos, such as 500GB (80 % of what is free at the first start; 0 keeps none)',
    )
    .option('--zone <zone>', 'machines of one zone may fail together (each its own)')
    .option('--join <multiaddr>', 'address of a node that is not found by itself; may be repeated', collect)
    .option('--no-mdns', 'do not look for nodes on the LAN')
    .option('--json', 'print one line of JSON when it is ready')
    .addHelpText(
      'after',
      '\nEach flag is also an environment variable (PLAYKITE_NAME, …) and a field of config.json in the data folder.\n\nExamples:\n  $ playkite start\n  $ playkite start --http 0.0.0.0:4600 --capacity 200GB',
    )
    .action(async (options: StartOptions, self: Command) => {
      // Only what was typed: an unset flag must not hide the environment or the file.
      const mdns = self.getOptionValueSource('mdns') === 'cli' ? options.mdns : undefined
      const { mdns: _default, ...rest } = options
      exitCode = await start({ ...rest, ...(mdns !== undefined && { mdns }) })
    })
  program
    .command('demo [file]')
    .description('Five nodes on this machine, in a network of their own, with a sample video.')
    .addHelpText('after', '\nExamples:\n  $ playkite demo\n  $ playkite demo film.mp4')
    .action(async (file: string | undefined, options: DemoOptions) => {
      exitCode = await demo(io, file, options)
    })

  command(
    'publish <files...>',
    'Publish videos; "-" reads standard input.',
    'publish film.mp4',
    'publish lesson.mkv --title "Lesson 3" --tag physics',
    'ffmpeg … -f matroska - | playkite publish - --title Live',
  )
    .option('--title <title>', 'title (the file name without extension)')
    .option('--description <text>', 'description')
    .option('--tag <tag>', 'tag; may be repeated', collect)
    .option('--any', 'publish it even if it is no video and no sound')
    .option('--again', 'publish it even if the same bytes are there already')
    .option('--no-wait', 'return as soon as it is safe')
    .action((files: string[], options: PublishOptions & CommonOptions) =>
      publish(context(options), files, options),
    )
  command(
    'fetch <video>',
    'Get a video as a file, verified; goes on with a file that has its beginning.',
    'fetch "Lesson 3"',
    'fetch 717d -o lesson.mkv',
    'fetch 717d -o - | mpv -',
  )
    .option('-o, --output <file>', 'file to write (the title); "-" is standard output')
    .option('--range <a-b>', 'only these bytes, the last one included')
    .option('--force', 'overwrite a file of other content')
    .action((video: string, options: FetchOptions & CommonOptions) =>
      fetchVideo(context(options), video, options),
    )

  const listOptions = (made: Command): Command =>
    made
      .option('--sort <key>', 'createdAt, title, size or copies; -key reverses')
      .option('--limit <count>', 'how many (60)')
      .option('--after <cursor>', 'the next page')
  listOptions(command('list', 'List all videos.', 'list', 'list --sort title --limit 20')).action(
    (options: ListOptions & CommonOptions) => list(context(options), undefined, options),
  )
  listOptions(
    command(
      'search <words...>',
      'Find videos; accents and small typing errors are forgiven.',
      'search coracao',
      'search lesson physics',
    ),
  ).action((words: string[], options: ListOptions & CommonOptions) =>
    list(context(options), words.join(' '), options),
  )

  command('show <video>', 'Show all about a video.', 'show "Lesson 3"').action(
    (video: string, options: CommonOptions) => show(context(options), video),
  )
  command(
    'edit <video>',
    'Change title, description or tags.',
    'edit 717d --title "Lesson 4"',
    'edit 717d --tag physics --tag waves',
  )
    .option('--title <title>', 'new title')
    .option('--description <text>', 'new description')
    .option('--tag <tag>', 'tag, instead of those it has; may be repeated', collect)
    .option('--no-tags', 'take all tags away')
    .action((video: string, options: EditOptions & CommonOptions) => edit(context(options), video, options))
  command('why <video>', 'Show why a video is where it is: rank, band, holders.', 'why 717d').action(
    (video: string, options: CommonOptions) => why(context(options), video),
  )
  command('watch <video>', 'Watch a video in the browser.', 'watch "Lesson 3"').action(
    (video: string, options: CommonOptions) => watch(context(options), video),
  )
  command(
    'remove <video>',
    'Remove a video everywhere; it can be restored for ten minutes.',
    'remove 717d',
  ).action((video: string, options: CommonOptions) => remove(context(options), video))
  command(
    'restore <video>',
    'Bring a removed video back.',
    'restore 717dc27f-9b01-4360-b8a5-2070fcce0f03',
  ).action((video: string, options: CommonOptions) => restore(context(options), video))
  command('nodes', 'List the machines of the network.', 'nodes').action((options: CommonOptions) =>
    nodes(context(options)),
  )
  command('status', 'Show how the library is.', 'status').action((options: CommonOptions) =>
    status(context(options)),
  )

  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, io)
  }
}

/** Tells what went wrong on stderr, and what to do. @returns the exit code */
function report(error: unknown, io: CliIo): number {
  // Help and version end this way too; commander has written all there is to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (io.signal.aborted) return EXIT_INTERRUPTED
  if (!(error instanceof PlaykiteClientError)) throw error
  const remedy = error.remedy === null ? '' : `\n${safeText(error.remedy)}`
  io.stderr.write(`playkite: ${safeText(error.message)}${remedy}\n`)
  return error.exitCode
}

/** As shells have it for a program that Ctrl-C ended: 128 + SIGINT. */
const EXIT_INTERRUPTED = 130
