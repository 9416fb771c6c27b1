import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { fetchJwks } from '../../src/registry-keys/fetch.ts';
import { FETCH, pair } from './support.ts';

// A key and a self-signed certificate for keys.crvs.test: made for this test.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYVHLrbjYTwgtxfr/
Pje8AeOcqI8RQ4md0yKILLQyl6ChRANCAASkz285NMFK2O6J847TwVeq1TYJYSVv
QA8R0/1Zou8kQXtsZlf82wX5+cHmEAzqEMVl2ZVACCk41O0qOQtpXzlj
-----END PRIVATE KEY-----`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBozCCAUqgAwIBAgIUAJ1sss2/aMeGqI2w781s+n11GeowCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOa2V5cy5jcnZzLnRlc3QwIBcNMjYxMTIxMTUyNzE1WhgPMjEy
NjEwMjgxNTI3MTVaMBkxFzAVBgNVBAMMDmtleXMuY3J2cy50ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEpM9vOTTBStjuifOO08FXqtU2CWElb0APEdP9WaLv
JEF7bGZX/NsF+fnB5hAM6hDFZdmVQAgpONTtKjkLaV85Y6NuMGwwHQYDVR0OBBYE
FKhwAeH0XnVRDGffzPDZJ8CUjrTvMB8GA1UdIwQYMBaAFKhwAeH0XnVRDGffzPDZ
J8CUjrTvMA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIOa2V5cy5jcnZzLnRl
c3QwCgYIKoZIzj0EAwIDRwAwRAIgWmwH5d1NFqz8rFrJwfOivKqC0qfX8d1M3EHD
H6HYMxcCID25N3iYfaZUN/irGtRrtUtkjF/Wm2YouAVczOosReBO
-----END CERTIFICATE-----`;

const one = pair('one');
let port: number;
beforeEach(async () => {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
    if (request.url === '/away')
      response.writeHead(302, { location: `http://keys.crvs.test:${port}/` }).end();
    else response.end(JSON.stringify({ keys: [one.jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
});
const authorities = getCACertificates('default');
afterEach(() => setDefaultCACertificates(authorities));

const options = { ...FETCH, allowHttp: false, resolve: async () => [{ address: '127.0.0.1', family: 4 }] };

it('keys come over TLS from the registered name, at the address that was checked', async () => {
  setDefaultCACertificates([CERTIFICATE]);
  const { keys } = await fetchJwks(`https://keys.crvs.test:${port}/`, options);
  expect(keys.map(({ kid }) => kid)).toEqual(['one']);
});

it('a certificate of another name, or of an unknown authority, is not trusted', async () => {
  await expect(fetchJwks(`https://keys.crvs.test:${port}/`, options)).rejects.toMatchObject({
    code: 'jwks.unreachable',
    detail: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  setDefaultCACertificates([CERTIFICATE]);
  await expect(fetchJwks(`https://other.crvs.test:${port}/`, options)).rejects.toMatchObject({
    code: 'jwks.unreachable',
    detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
});

it('a redirect from https to http is not followed, even where http is allowed', async () => {
  setDefaultCACertificates([CERTIFICATE]);
  const away = `https://keys.crvs.test:${port}/away`;
  await expect(fetchJwks(away, { ...options, allowHttp: true })).rejects.toMatchObject({
    code: 'jwks.redirect',
  });
});
