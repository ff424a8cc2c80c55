/** The node, as the page asks it. Every failure is an Error whose message is a sentence for people. */
import { texts } from './texts.js'

/** @returns {Promise<any>} the answer's JSON */
export async function ask(method, path, query = {}) {
  let response
  try {
    response = await fetch(`${path}?${new URLSearchParams(query)}`, { method })
  } catch {
    throw new Error(texts.lostContact)
  }
  const body = await response.json()
  if (!response.ok) throw new Error(sentenceOf(body.error))
  return body
}

/** Message and remedy of an error as the node gives it. */
export function sentenceOf(error) {
  return error.remedy ? `${error.message} ${error.remedy}` : error.message
}

/** An element with attributes and children. Text becomes text nodes, never markup. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value)
    else if (value === true) made.setAttribute(name, '')
    else if (value !== false && value !== undefined) made.setAttribute(name, value)
  }
  made.append(...children.filter((child) => child !== undefined && child !== null))
  return made
}

export function byId(id) {
  return document.getElementById(id)
}
