import { startHost } from './hosts.ts'

/**
 * A host as a process of its own: `node host-process.ts NETWORK`. Prints its id, then each event of its peers, as lines of JSON. Runs until
 * it is told to stop.
 */
const [network = 'test'] = process.argv.slice(2)
const { host, log } = await startHost(network, { mdns: true, listenHost: '0.0.0.0' })
const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
host.onPeer((event) => print(event))
print({ type: 'ready', id: host.self, addresses: host.addresses() })
for (const id of host.connected()) print({ type: 'connected', id })
process.once('SIGTERM', () => {
  for (const line of log.lines.filter(({ level }) => level !== 'debug')) print({ type: 'log', ...line })
  void host.stop(new AbortController().signal).then(() => process.exit(0))
})
