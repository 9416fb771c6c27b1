import { type Finding, ok, unread, warning } from './finding.ts';
import type { Answer } from './read/answer.ts';
import type { LoginReading } from './read/login.ts';
import { ADMINISTRATOR_RIGHT, type ExcessRight } from './requirements.ts';

const OWN_USER =
  'Give the bridge a user of its own, an internal user who is "Registry: Officer" and nothing else (`setup` makes one)';

/** Who the bridge is in Odoo, and whether that user may do more than the bridge needs. */
export function checkUser(
  uid: number,
  { protocol, loginMatches }: LoginReading,
  excess: Answer<readonly ExcessRight[]>,
): Finding[] {
  const findings = [
    ok('user.id', `The bridge is user ${uid}, and the events will show it as "processed by".`),
  ];
  if (loginMatches === false) {
    findings.push(
      warning(
        'user.login',
        `This user has another login than ODOO_LOGIN${protocol === 'json2' ? ': JSON-2 goes by the API key alone' : ''}.`,
        "Set ODOO_LOGIN and the key to the same user's.",
      ),
    );
  }
  findings.push(
    excess.ok ? rights(excess.value) : unread('user.least-privilege', "The user's rights", excess.error),
  );
  return findings;
}

function rights(excess: readonly ExcessRight[]): Finding {
  const id = 'user.least-privilege';
  if (excess.length === 0) return ok(id, 'It may do nothing that the bridge does not need.');
  if (excess.includes(ADMINISTRATOR_RIGHT)) {
    return warning(
      id,
      'This user is an administrator: anyone who gets its key has everything.',
      `${OWN_USER}.`,
    );
  }
  return warning(
    id,
    `This user may do more than the bridge needs: ${excess.map(({ label }) => label).join(', ')}.`,
    `${OWN_USER}, or take the group away that gives this right.`,
  );
}
