/**
 * Waits until every video has as many copies as it should, told by the node's events:
 *   node examples/wait-until-safe.ts [http://127.0.0.1:4600]
 */
import { connect } from '../src/index.ts'

const playkite = await connect(process.argv[2])
const done = new AbortController()

async function missing(): Promise<number> {
  const { videos, underReplicated, lost } = await playkite.status()
  console.log(`${videos} videos, ${underReplicated + lost} with too few copies`)
  return underReplicated + lost
}

// Follow first and look then: what changes in between is told.
const events = await playkite.events(done.signal)
if ((await missing()) > 0) {
  for await (const { event } of events) {
    if (['copies', 'video-added', 'video-removed', 'reset'].includes(event) && (await missing()) === 0) break
  }
}
done.abort()
console.log('Every video is safe.')
