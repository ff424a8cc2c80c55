import { PlaykiteError } from '../../core/errors.ts'
import {
  MAX_DESCRIPTION_CHARACTERS,
  MAX_TAGS,
  MAX_TAG_CHARACTERS,
  MAX_TITLE_CHARACTERS,
} from '../../core/limits.ts'

export interface Words {
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
}

/** What a video without title and file name is called. */
const UNTITLED = 'Untitled'

/** Words as people gave them, cleaned and held against their limits. @throws PlaykiteError bad-request */
export function checkWords(words: Words): Words {
  const title = cleanLine(words.title)
  const description = words.description.replaceAll('\r\n', '\n').toWellFormed().normalize('NFC').trim()
  const tags = [...new Set(words.tags.map(cleanLine).filter((tag) => tag !== ''))]
  if (title === '')
    throw new PlaykiteError('bad-request', 'The title is empty.', { remedy: 'Give it a word.' })
  limit('title', title, MAX_TITLE_CHARACTERS)
  limit('description', description, MAX_DESCRIPTION_CHARACTERS)
  for (const tag of tags) limit('tag', tag, MAX_TAG_CHARACTERS)
  if (tags.length > MAX_TAGS) {
    throw new PlaykiteError(
      'bad-request',
      `${tags.length} tags are more than the ${MAX_TAGS} that a video may have.`,
    )
  }
  return { title, description, tags }
}

/** The title of a file that has no other: its name without folder and extension, shortened if need be. */
export function titleOfFile(fileName: string | undefined): string {
  const base = cleanLine((fileName ?? '').split(/[/\\]/).at(-1) ?? '')
  const name = base.replace(/(?<=.)\.[\p{L}\p{N}]{1,8}$/u, '').trim()
  const characters = [...(name === '' ? UNTITLED : name)]
  return characters.slice(0, MAX_TITLE_CHARACTERS).join('')
}

/** One line of well-formed text without control characters. NFC, so that a name from a Mac is the same as from elsewhere. */
function cleanLine(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
}

function limit(what: string, text: string, max: number): void {
  const { length } = [...text]
  if (length <= max) return
  throw new PlaykiteError('bad-request', `The ${what} has ${length} characters; ${max} are the most.`, {
    remedy: 'Shorten it.',
  })
}
