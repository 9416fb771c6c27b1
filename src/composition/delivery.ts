import type { Logger } from 'pino';
import { applySettings } from '../config/apply.ts';
import { deathSettings, deliverySettings } from '../config/delivery.ts';
import type { Settings } from '../config/schema.ts';
import { type DeliveryDependencies, DeliveryLoop } from '../delivery/delivery-loop.ts';
import { ADOPTED_FROM } from '../delivery/strays.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import type { BridgeSignals } from '../signals/bridge-signals.ts';

/** The loop that carries the inbox into OpenSPP. */
export function deliveryLoop(
  settings: Settings,
  inbox: Inbox,
  openspp: Pick<
    DeliveryDependencies,
    'client' | 'capabilities' | 'matching' | 'rules' | 'hooks' | 'readNotification'
  >,
  senders: SenderDirectory,
  log: Logger,
  signals: BridgeSignals,
): DeliveryLoop {
  return new DeliveryLoop(deliverySettings(settings), {
    ...openspp,
    death: deathSettings(settings),
    inbox,
    apply: applySettings(settings),
    nameOf: (senderId) => nameOf(senders, senderId),
    log,
    signals,
  });
}

/** The name of a sender, for people; its id where it has none. */
export function nameOf(senders: SenderDirectory, senderId: string): string {
  return senders.find(senderId)?.name ?? (senderId === ADOPTED_FROM ? 'OpenSPP' : senderId);
}
