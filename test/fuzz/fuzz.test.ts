import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { honestSignature, seedFor } from './kinds/kind.ts';
import { canonical } from './oracle/canonical.ts';
import { objection } from './oracle/confirm.ts';
import { filled } from './oracle/fill.ts';
import { Obj, printTree, readTree, treeOf } from './oracle/tree.ts';
import { Random } from './random.ts';
import { bodyOf } from './sign.ts';
import { makeWorld, NOW } from './world.ts';

const reference = (name: string) =>
  JSON.parse(readFileSync(new URL(`../dci/reference/${name}.json`, import.meta.url), 'utf8'));

describe('the receive path', () => {
  it.each([1, 2])('takes 400 mutated inputs of seed %i', async (seed) => {
    const report = await fuzz({ seed, inputs: 400 });
    expect(report.findings.map(({ fault, kind, detail }) => ({ fault, kind, detail }))).toEqual([]);
    expect(report.faults).toEqual({
      crash: 0,
      hang: 0,
      falseAccept: 0,
      falseRefusal: 0,
      serverError: 0,
      leak: 0,
    });
    expect(report.inputs).toBe(400);
    // Neither does it refuse all that is changed, nor take it.
    expect(report.accepted).toBeGreaterThan(30);
    expect(report.refused).toBeGreaterThan(200);
  });
});

describe('the independent check', () => {
  it('canonicalises as Python does', () => {
    for (const [text, canonicalText] of reference('canonical') as [string, string][]) {
      expect(canonical(readTree(text)), text).toBe(canonicalText);
    }
  });

  it('fills headers in as OpenSPP’s schema does', () => {
    const PLAIN =
      '{"message_id":"m","message_ts":"2025-11-24T16:00:00Z","action":"notify","sender_id":"s","receiver_id":"r"}';
    for (const [field, text, expected] of reference('filled-header') as [string, string, string | null][]) {
      const changes = readTree(field === '' ? text : `{${JSON.stringify(field)}:${text}}`) as Obj;
      const header = changes.members.reduce(
        (before, [key, value]) => before.with(key, value),
        readTree(PLAIN) as Obj,
      );
      const made = filled(header);
      expect(made && canonical(made), `${field} ${text}`).toBe(expected);
    }
  });

  it('confirms what is honest, and nothing that was changed', async () => {
    const world = makeWorld();
    const random = new Random(3);
    const check = (body: string, now = NOW) => objection(Buffer.from(body), world.known, now);
    for (const [count, signer] of world.signers.entries()) {
      for (let n = 0; n < 8; n += 1) {
        const seed = seedFor(signer, random, count);
        const signature = honestSignature(signer, seed, random);
        const body = bodyOf(signature, seed);
        expect(await check(body)).toBeNull();
        const changed = { ...seed, message: seed.message.with('event_date', '2020-01-01') };
        expect(await check(bodyOf(signature, changed)), signature).not.toBeNull();
        const renamed = { ...seed, header: seed.header.with('sender_id', 'crvs.stranger') };
        expect(await check(bodyOf(signature, renamed))).not.toBeNull();
        if (signature.includes('expires')) expect(await check(body, NOW + 90_000)).toMatch(/in force/);
        expect(await check(body.replace('"message":', '"message":{},"message":'))).toMatch(/twice/);
      }
    }
  });

  it('compares numbers as exact decimals, and objects whatever their order', () => {
    expect(printTree(treeOf({ a: 1, b: [null] }))).toBe('{"a":1,"b":[null]}');
    expect(readTree('{"__proto__":1}')).toEqual(new Obj([['__proto__', readTree('1')]]));
  });
});
