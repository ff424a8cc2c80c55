import { describe, expect, it } from 'vitest'
import { PlaykiteError } from '../../src/core/errors.ts'
import { Bell, orAborted } from '../../src/node/bell.ts'

const never = new AbortController().signal

describe('a bell', () => {
  it('wakes everybody who waits, once', async () => {
    const bell = new Bell()
    const both = Promise.all([bell.wait(never), bell.wait(never)])
    bell.ring()
    await both
    const later = bell.wait(AbortSignal.timeout(20))
    await expect(later).rejects.toMatchObject({ code: 'aborted' })
  })

  it('forgets a ring that nobody waits for', async () => {
    const bell = new Bell()
    bell.ring()
    await expect(bell.wait(AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'aborted' })
  })

  it('lets a waiter go whose signal fires, and still wakes the others', async () => {
    const bell = new Bell()
    const gone = new AbortController()
    const [first, second] = [bell.wait(gone.signal), bell.wait(never)]
    gone.abort()
    await expect(first).rejects.toMatchObject({ code: 'aborted' })
    bell.ring()
    await second
  })
})

describe('orAborted', () => {
  it('gives what the promise gives', async () => {
    expect(await orAborted(Promise.resolve(1), never)).toBe(1)
    await expect(orAborted(Promise.reject(new Error('no')), never)).rejects.toThrow('no')
  })

  it('gives up at once with a signal that has fired, with its reason as cause', async () => {
    const reason = new Error('the tab was closed')
    const failure = orAborted(Promise.withResolvers().promise, AbortSignal.abort(reason))
    await expect(failure).rejects.toMatchObject({ code: 'aborted', cause: reason })
  })

  it('hands on the reason itself when it is one of ours', async () => {
    const reason = new PlaykiteError('aborted', 'the upload was given up')
    await expect(orAborted(Promise.withResolvers().promise, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
