import { beforeEach, describe, expect, it } from 'vitest';
import { sharedInbox } from '../inbox/support.ts';
import { type Face, openFace } from './support.ts';

const shared = sharedInbox();
let face: Face;
beforeEach(async () => {
  face = await openFace({}, { inbox: shared.inbox });
  face.publishedKeys = '{"keys":[{"kid":"a"}]}';
});

describe.each(['/.well-known/jwks.json', '/dci_api/v1/.well-known/jwks.json'])('%s', (path) => {
  it('gives the keys that are published now, to be kept for a while', async () => {
    const answer = await face.get(path);
    expect([answer.status, answer.json]).toEqual([200, { keys: [{ kid: 'a' }] }]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=600');
    face.publishedKeys = '{"keys":[]}';
    expect((await face.get(path)).json).toEqual({ keys: [] });
  });

  it('answers 304 to who has them, and 200 once they changed', async () => {
    const etag = (await face.get(path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const answer = await face.get(path, { 'if-none-match': known });
      expect([answer.status, answer.text]).toEqual([304, '']);
      expect(answer.headers.get('etag')).toBe(etag);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=600');
    }
    expect((await face.get(path, { 'if-none-match': '"x"' })).status).toBe(200);
    face.publishedKeys = '{"keys":[]}';
    expect((await face.get(path, { 'if-none-match': etag })).status).toBe(200);
  });

  it('is read and nothing else', async () => {
    const head = await face.send(path, { method: 'HEAD' });
    expect([head.status, head.text]).toEqual([200, '']);
    const answer = await face.post(path, '{}');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });
});
