/** Text as search and comparison see it: compatibility forms resolved, no marks, lower case. `Coração` (NFC or NFD) becomes `coracao`. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
}
