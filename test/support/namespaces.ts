import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'

/** One end of a cable: the machine's address on a switch. */
export interface Cable {
  readonly switch: string
  /** With its prefix, such as 10.77.1.1/24. */
  readonly address: string
}

/**
 * Machines as network namespaces, on switches that are bridges in a namespace of their own. No default route and no loopback unless a test
 * makes them. Needs root.
 */
export class Namespaces {
  readonly #tag = randomBytes(3).toString('hex')
  readonly #made: string[] = []
  readonly #processes: ChildProcess[] = []
  readonly #bridges = new Set<string>()
  /** Cables that a machine has so far. */
  readonly #ports = new Map<string, number>()

  constructor() {
    this.#add('switches')
  }

  machine(name: string, cables: readonly Cable[]): void {
    this.#add(name)
    for (const cable of cables) this.#plug(name, cable)
  }

  /** Gives a machine its loopback, without which nothing on it can talk to itself. */
  loopback(name: string): void {
    this.#ip('-n', this.#name(name), 'link', 'set', 'lo', 'up')
  }

  /** What the system calls a machine. */
  nameOf(name: string): string {
    return this.#name(name)
  }

  /** Sets the switch's end of a machine's first cable down or up: the plug is pulled, and put back. */
  link(name: string, state: 'up' | 'down'): void {
    this.#ip('-n', this.#name('switches'), 'link', 'set', `to-${name}-0`, state)
  }

  /** Lets no more than `rate` through a machine's first cable, each way. */
  limit(name: string, rate: string): void {
    const shape = ['root', 'tbf', 'rate', rate, 'burst', '128kb', 'latency', '200ms']
    const ends = [
      [this.#name('switches'), `to-${name}-0`],
      [this.#name(name), 'eth0'],
    ] as const
    for (const [space, device] of ends) {
      execFileSync('ip', ['netns', 'exec', space, 'tc', 'qdisc', 'add', 'dev', device, ...shape], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
    }
  }

  /** Runs a TypeScript program on a machine. */
  run(name: string, program: string, args: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.#name(name), process.execPath, program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#processes.push(child)
    return child
  }

  remove(): void {
    for (const child of this.#processes) child.kill('SIGKILL')
    for (const name of this.#made.splice(0)) this.#ip('netns', 'delete', name)
  }

  #add(name: string): void {
    this.#ip('netns', 'add', this.#name(name))
    this.#made.push(this.#name(name))
  }

  #plug(name: string, cable: Cable): void {
    const switches = this.#name('switches')
    if (!this.#bridges.has(cable.switch)) {
      this.#bridges.add(cable.switch)
      this.#ip('-n', switches, 'link', 'add', cable.switch, 'type', 'bridge', 'mcast_snooping', '0')
      this.#ip('-n', switches, 'link', 'set', cable.switch, 'up')
    }
    const port = this.#ports.get(name) ?? 0
    this.#ports.set(name, port + 1)
    const [inside, outside, machine] = [`eth${String(port)}`, `to-${name}-${String(port)}`, this.#name(name)]
    this.#ip('-n', machine, 'link', 'add', inside, 'type', 'veth', 'peer', 'name', outside, 'netns', switches)
    this.#ip('-n', switches, 'link', 'set', outside, 'master', cable.switch, 'up')
    this.#ip('-n', machine, 'address', 'add', cable.address, 'dev', inside)
    this.#ip('-n', machine, 'link', 'set', inside, 'up')
  }

  #name(name: string): string {
    return `pk${this.#tag}-${name}`
  }

  #ip(...args: readonly string[]): void {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
