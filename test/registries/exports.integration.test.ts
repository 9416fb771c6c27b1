import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('other programs import the client and the services by the package’s name', async () => {
  const program = `
    import { CrvsService, DciClient, DrService, IbrService, Registries, spdci } from 'openspp-crvs-bridge';
    const client = new DciClient({
      registry: 'x', baseUrl: 'http://127.0.0.1:1', dialect: spdci, auth: { type: 'none' },
      parties: { senderId: 'us', receiverId: 'them' }, retry: { attempts: 1 },
    });
    const error = await new CrvsService(client).checkDeath('UIN', '1').catch((reason) => reason);
    console.log(error.code, typeof IbrService, typeof DrService, typeof Registries);
  `;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
  expect(stdout).toBe('registry.unreachable function function function\n');
});
