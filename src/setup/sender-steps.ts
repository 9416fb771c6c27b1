import { KeyError, keyFromPem } from '../dci/keys.ts';
import type { Found, FoundSender } from './read.ts';
import type { NewSender, SetupRequest } from './request.ts';
import { SetupError } from './setup-error.ts';
import type { Step } from './step.ts';

/**
 * Registers the sender where OpenSPP has none of its name. One that is there stays as it is: with the same key nothing
 * is to be done; with another, a person decides which of them is the registry's.
 *
 * @throws {SetupError} with the thumbprints of both keys (RFC 7638)
 */
export function senderSteps(
  { senders }: Pick<Found, 'senders'>,
  { sender }: Pick<SetupRequest, 'sender'>,
): Step[] {
  if (!sender) return [];
  const known = senders.find(({ senderId }) => senderId === sender.senderId);
  if (known?.active === false) {
    throw new SetupError(
      `the sender ${sender.senderId} is archived in OpenSPP: whether to trust it again is for an administrator to decide there`,
    );
  }
  if (known) {
    checkSame(known, sender);
    return [];
  }
  const [alike] = senders;
  if (alike) {
    throw new SetupError(
      `OpenSPP has this sender in other letters, "${alike.senderId}"${alike.active ? '' : ' (archived)'}, with ${keyIn(alike)}; you gave ${sender.senderId} with ${keyOf(sender)}. A message is matched to its sender by the exact name: correct or archive that row in OpenSPP, or give its name with --sender-id`,
    );
  }
  const keys = sender.jwksUrl === null ? `its ${sender.algorithm} key` : `the keys at ${sender.jwksUrl}`;
  return [
    {
      kind: 'register-sender',
      sender,
      words: `register the sender ${sender.senderId} ("${sender.name}") with ${keys}: what it signs is believed`,
    },
  ];
}

function checkSame(known: FoundSender, sender: NewSender): void {
  const isSame =
    sender.jwksUrl === null
      ? thumbprintIn(known).thumbprint === thumbprintIn(sender).thumbprint
      : known.jwksUrl === sender.jwksUrl;
  if (isSame) return;
  throw new SetupError(
    `OpenSPP has the sender ${sender.senderId} with ${keyIn(known)}; you gave ${keyOf(sender)}. Nothing was changed: compare with what the registry says, and have an administrator enter the right one in OpenSPP (CRVS Sender Registry)`,
  );
}

type WithKey = Pick<FoundSender, 'publicKey' | 'algorithm' | 'jwksUrl'>;

/** The thumbprint of a key that can be used; else why there is none. */
function thumbprintIn({ publicKey, algorithm }: WithKey): { thumbprint: string | null; problem: string } {
  if (publicKey === null) return { thumbprint: null, problem: 'no key' };
  if (algorithm === null) return { thumbprint: null, problem: 'a key and no algorithm' };
  try {
    return { thumbprint: keyFromPem(publicKey, algorithm).thumbprint, problem: '' };
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    return { thumbprint: null, problem: `a key that cannot be used (${error.message})` };
  }
}

function keyIn(row: WithKey): string {
  const { thumbprint, problem } = thumbprintIn(row);
  const url = row.jwksUrl === null ? null : `the JWKS URL ${row.jwksUrl}`;
  if (thumbprint !== null) {
    return `the ${row.algorithm} key ${thumbprint}${url === null ? '' : ` and ${url}`}`;
  }
  if (row.publicKey === null && url !== null) return url;
  return `${problem}${url === null ? '' : `, and ${url}`}`;
}

const keyOf = (sender: NewSender) => keyIn(sender);
