import { Obj } from '../oracle/tree.ts';
import type { Random } from '../random.ts';
import { bodyOf, contentText, httpParameters, joseName, jws, printParameters, signable } from '../sign.ts';
import { NOW, SEEDS, type Seed, type Signer, type World } from '../world.ts';

/** What is posted. */
export interface Input {
  path: string;
  body: Uint8Array<ArrayBuffer>;
  /** Whether anything but an acknowledgement is a fault. */
  mustBeAccepted: boolean;
  /** The `X-Hub-Signature`, on routes that ask for one. */
  signature?: string;
}

/** Makes an input of its kind; `count` is new for every input. */
export type Kind = (world: World, random: Random, count: number) => Omit<Input, 'path'> & { path?: string };

const encoder = new TextEncoder();

export function input(text: string, mustBeAccepted = false): ReturnType<Kind> {
  return { body: encoder.encode(text), mustBeAccepted };
}

/** One of the seeds, from this signer, with a `message_id` of its own. */
export function seedFor({ senderId }: Signer, random: Random, count: number): Seed {
  const { header, message } = random.of(SEEDS);
  return { header: header.with('message_id', `m-${count}`).with('sender_id', senderId), message };
}

/** The signature that an honest registry makes, in any of the forms. */
export function honestSignature(signer: Signer, seed: Seed, random: Random): string {
  const form = random.of(['as-sent', 'filled-in'] as const);
  const header = { alg: joseName(signer), ...(signer.kid === null ? {} : { kid: signer.kid }) };
  switch (random.int(5)) {
    case 0:
      return jws(signer, header, contentText(seed));
    case 1:
      return jws(signer, header, signable(seed, form), '');
    case 2: {
      const unencoded = { ...header, b64: false, crit: ['b64'] };
      return jws(signer, unencoded, signable(seed, form), '');
    }
    default: {
      const created = NOW - random.int(100);
      const times = { created, expires: created + random.of([300, 3600, 86_400]) };
      return printParameters(Object.entries(httpParameters(signer, signable(seed, form), times)));
    }
  }
}

/** A signed message as an object, to be changed. */
export function signedRoot(signer: Signer, seed: Seed, random: Random): Obj {
  return new Obj([
    ['signature', honestSignature(signer, seed, random)],
    ['header', seed.header],
    ['message', seed.message],
  ]);
}

/** A body as an honest registry sends it. */
export function honestBody(signer: Signer, random: Random, count: number): string {
  const seed = seedFor(signer, random, count);
  return bodyOf(honestSignature(signer, seed, random), seed);
}
