import type { Documents } from './job.ts';
import type { Result } from './result.ts';

/**
 * A stretch of the registrants of a screening, ascending by id, with their answers once they are there: a document of
 * the inbox, so that memory holds one of them at a time.
 */
export interface Chunk {
  people: number[];
  /** One for each of `people`, in their order; null until all are asked. */
  results: Result[] | null;
  /**
   * What is still to be done with the answers, such as deaths to be filed; empty once it is done. Kept with the answers,
   * so that what is done is what was answered, also after a kill.
   */
  pending: unknown[];
}

const nameOf = (id: string, number: number) => `screening-chunk ${id} ${number}`;

/** A chunk as it was read. */
export interface ReadChunk {
  chunk: Chunk;
  /** To the letter, for a replacement. */
  text: string;
}

/** A chunk; null where there is none. */
export async function readChunk(
  documents: Pick<Documents, 'getDocument'>,
  id: string,
  number: number,
): Promise<ReadChunk | null> {
  const text = await documents.getDocument(nameOf(id, number));
  return text === null ? null : { chunk: JSON.parse(text) as Chunk, text };
}

/**
 * Puts a chunk in the place of what was read, unless somebody else did so meanwhile.
 *
 * @returns what was written; null where it was not
 */
export async function replaceChunk(
  documents: Pick<Documents, 'replaceDocument'>,
  id: string,
  number: number,
  before: ReadChunk | null,
  chunk: Chunk,
): Promise<ReadChunk | null> {
  const text = JSON.stringify(chunk);
  const isOurs = await documents.replaceDocument(nameOf(id, number), before?.text ?? null, text);
  return isOurs ? { chunk, text } : null;
}

/** Deletes the chunks of a screening from this one on, the last first: what is cut off is found again. */
export async function deleteChunks(documents: Documents, id: string, from = 0): Promise<void> {
  let end = from;
  while ((await documents.getDocument(nameOf(id, end))) !== null) end += 1;
  for (let number = end - 1; number >= from; number--) {
    const text = await documents.getDocument(nameOf(id, number));
    if (text !== null) await documents.replaceDocument(nameOf(id, number), text, null);
  }
}
