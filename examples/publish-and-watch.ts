/**
 * Publishes a file, and reads it back from the network, verified:
 *   node examples/publish-and-watch.ts film.mp4 [http://127.0.0.1:4600]
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { connect } from '../src/index.ts'

const [file, address] = process.argv.slice(2)
if (file === undefined) throw new Error('Which file? node examples/publish-and-watch.ts film.mp4')

const playkite = await connect(address)
const { size } = await stat(file)
const { video } = await playkite.store(createReadStream(file), {
  fileName: basename(file),
  size,
  onProgress: ({ phase, bytes, copies }) => console.error(`${phase}: ${bytes} bytes, ${copies} copies`),
})

const hash = createHash('sha256')
let bytes = 0
for await (const part of playkite.stream(video.id)) {
  hash.update(part)
  bytes += part.length
}
console.log(
  JSON.stringify({
    id: video.id,
    title: video.title,
    bytes,
    sha256: hash.digest('hex'),
    watch: playkite.pageUrl(video.id),
  }),
)
