/**
 * Publishes every video of a folder that the network does not have yet. The same bytes are never kept twice, so it can be run again:
 *   node examples/mirror-folder.ts recordings [http://127.0.0.1:4600]
 */
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PlaykiteClientError, connect } from '../src/index.ts'

const [folder, address] = process.argv.slice(2)
if (folder === undefined) throw new Error('Which folder? node examples/mirror-folder.ts recordings')

const playkite = await connect(address)
const entries = await readdir(folder, { withFileTypes: true })
const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
for (const name of names.toSorted()) {
  const path = join(folder, name)
  const { size } = await stat(path)
  try {
    const { video } = await playkite.store(createReadStream(path), { fileName: name, size })
    console.log(
      `${name}: ${video.existed ? 'was there' : 'published'}, ${video.copies} of ${video.wanted} copies`,
    )
  } catch (error) {
    const isNoVideo = error instanceof PlaykiteClientError && ['not-media', 'empty'].includes(error.code)
    if (!isNoVideo) throw error
    console.log(`${name}: left out (${error.message})`)
  }
}
