/** The machines, and one line about how the network does. */
import { ask, byId, element } from './api.js'
import { sizeText, texts } from './texts.js'

export async function loadNodes() {
  try {
    const [nodes, status] = await Promise.all([ask('GET', 'nodes'), ask('GET', 'status')])
    byId('nodes').replaceChildren(...nodes.map(row))
    byId('status').textContent = texts.status(status)
  } catch (error) {
    byId('status').textContent = error.message
  }
}

function row(node) {
  const facts = [
    node.self ? texts.self : undefined,
    texts.nodeVideos(node.videos),
    node.usedBytes === null ? undefined : texts.used(sizeText(node.usedBytes), sizeText(node.capacityBytes)),
  ]
  // An address comes from another machine: only a plain web address becomes a link.
  const isLink = node.http !== null && /^https?:\/\//.test(node.http)
  return element(
    'li',
    {},
    element(
      'span',
      { class: 'what' },
      element('strong', {}, isLink ? element('a', { href: node.http }, node.name) : node.name),
      element('span', { class: 'quiet' }, facts.filter((fact) => fact !== undefined).join(' · ')),
    ),
    element(
      'span',
      { class: node.state === 'alive' ? 'good' : 'bad' },
      texts.states[node.state] ?? node.state,
    ),
  )
}
