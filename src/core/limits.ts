/**
 * Limits that more than one room must agree on. A limit that only one room knows stands beside its use. Each has a unit and a reason.
 */

/** Bytes in a chunk. 1 MiB: one noise+yamux send at full speed, 1 s on an 8 Mbit/s link (measured: docs/performance.md). */
export const CHUNK_BYTES = 1024 * 1024

/** Links in a node of the content id's DAG; part of the content id, so it can never change. */
export const MAX_DAG_LINKS = 1024

/** Chunks in a video: 1 TiB. Its manifest is 32 MiB, the most that we hold in memory for one video. */
export const MAX_CHUNKS = 1024 * 1024

/** Bytes in a video. */
export const MAX_VIDEO_BYTES = MAX_CHUNKS * CHUNK_BYTES

/** Replicas that every video should have. */
export const COPIES_WANTED = 3

/** Nodes that rank first for a video; its holders are among them. Five leaves two in reserve for failure and balance. */
export const BAND_SIZE = 5

/** Committed replicas that make a video safe, if that many members are there. */
export const COPIES_FOR_SAFE = 2

/** Characters of a title. Longer ones are refused with a sentence, never cut. */
export const MAX_TITLE_CHARACTERS = 300

/** Characters of a description: a page of text; every member keeps every description. */
export const MAX_DESCRIPTION_CHARACTERS = 5000

/** Tags of a video. */
export const MAX_TAGS = 32

/** Characters of a tag. */
export const MAX_TAG_CHARACTERS = 50

/** Bytes of one signed statement on disk or wire: words at their limits in 4-byte characters, JSON-escaped, and some. */
export const MAX_STATEMENT_BYTES = 64 * 1024

/** Members that the rank runs over. Beyond, ranking every video on every change would cost more than it gives. */
export const MAX_MEMBERS = 256

/** Milliseconds that a record may be ahead of the later of our clock and the members' median clock. */
export const MAX_CLOCK_AHEAD_MS = 5 * 60 * 1000

/** Milliseconds between a removal and the deletion of the bytes: time to undo. */
export const UNDO_WINDOW_MS = 10 * 60 * 1000

/** Milliseconds after the last byte of an interrupted publish until its chunks are swept. */
export const INCOMING_KEPT_MS = 24 * 60 * 60 * 1000

/** Milliseconds after which a chunk of a local replica is hashed again when it is read. */
export const RECHECK_AFTER_MS = 24 * 60 * 60 * 1000

/** Milliseconds that a stream may stall while a holder is looked for; browsers and proxies give up at 30 s. */
export const STREAM_STALL_MS = 25 * 1000

/** Chunks in flight to one peer: bounds memory and, with yamux windows of one more, never blocks a stalled reader's stream. */
export const MAX_CHUNKS_IN_FLIGHT = 8
