import { type Finding, ok, problem, unread, warning } from './finding.ts';
import type { Answer } from './read/answer.ts';
import type { SenderReading } from './read/rows.ts';

const REGISTER =
  'An administrator registers the registry under CRVS Sender Registry, with its public key or its JWKS URL; `setup --sender-id` does that.';

/** Whose messages can be verified. Names senders by their `sender_id` and shows no keys. */
export function checkSenders(senders: Answer<readonly SenderReading[]>, allowUnsigned: boolean): Finding[] {
  const findings: Finding[] = [];
  if (allowUnsigned) {
    findings.push(
      warning(
        'senders.unsigned',
        'ALLOW_UNSIGNED is on: anyone who reaches the bridge can report births and deaths without a signature.',
        'Switch it off as soon as the registries sign.',
      ),
    );
  }
  if (!senders.ok) return [...findings, unread('senders.usable', 'The senders', senders.error)];
  return [...findings, usable(senders.value), ...senders.value.flatMap(checkSender)];
}

function usable(senders: readonly SenderReading[]): Finding {
  const id = 'senders.usable';
  if (senders.length === 0) {
    return problem(id, 'No sender is active, so every signed message is refused.', REGISTER);
  }
  const good = senders.filter((sender) => sender.problem === null || isFetched(sender));
  if (good.length > 0) {
    return ok(id, `Messages of ${good.map(({ senderId }) => senderId).join(', ')} can be verified.`);
  }
  return problem(
    id,
    'No active sender has a key that can be used, so every signed message is refused.',
    REGISTER,
  );
}

function isFetched({ hasJwksUrl, jwksUrlProblem }: SenderReading): boolean {
  return hasJwksUrl && jwksUrlProblem === null;
}

function checkSender(sender: SenderReading): Finding[] {
  const { senderId, hasKey, hasJwksUrl, jwksUrlProblem, problem: reason } = sender;
  const id = `senders.key.${senderId}` as const;
  if (jwksUrlProblem !== null) {
    return [
      warning(
        id,
        `The keys of sender ${senderId} cannot be fetched: ${jwksUrlProblem}.`,
        "An administrator corrects the JWKS URL in the sender's row, or the operator allows it in the configuration.",
      ),
    ];
  }
  if (hasJwksUrl && (reason === null || !hasKey)) {
    return [
      ok(
        id,
        `The bridge fetches the keys of sender ${senderId} from its JWKS URL; \`senders fetch-keys ${senderId}\` tries that.`,
      ),
    ];
  }
  if (reason === null) return [];
  if (hasJwksUrl) {
    return [
      warning(
        id,
        `The key that is entered for sender ${senderId} cannot be used: ${reason}. Those from its JWKS URL count alone.`,
        "An administrator corrects or empties the key in the sender's row.",
      ),
    ];
  }
  return [
    warning(
      id,
      `Messages of sender ${senderId} cannot be verified: ${reason}.`,
      "An administrator corrects the key or the algorithm in the sender's row, or archives it.",
    ),
  ];
}
