import type { Statement } from './statement-kinds.ts'

/** Characters of a key: two UUIDs or a UUID and a node id, and the kind. */
export const MAX_KEY_CHARACTERS = 120

const pattern = /^(?:birth|words|copy|removal|restore|member)\/[0-9A-Za-z-]+(?:\/[0-9A-Za-z-]+)?$/

/** What a statement is about. Of all statements with one key the catalogue keeps one. */
export function statementKey(statement: Statement): string {
  switch (statement.kind) {
    case 'birth':
    case 'words':
      return `${statement.kind}/${statement.video}`
    case 'copy':
      return `copy/${statement.video}/${statement.by}`
    case 'removal':
      return `removal/${statement.video}/${statement.removal}`
    case 'restore':
      return `restore/${statement.video}/${statement.restore}`
    case 'member':
      return `member/${statement.by}`
  }
}

/** The part of the catalogue that a key belongs to; each has a digest of its own. */
export function sectionOfKey(key: string): 'catalogue' | 'removals' | 'members' {
  if (key.startsWith('member/')) return 'members'
  return key.startsWith('removal/') || key.startsWith('restore/') ? 'removals' : 'catalogue'
}

export function isStatementKey(text: string): boolean {
  return text.length <= MAX_KEY_CHARACTERS && pattern.test(text)
}
