import { type DeliveryDependencies, DeliveryLoop } from '../delivery/delivery-loop.ts';
import { ADOPTED_FROM } from '../delivery/unfinished-events.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { SenderDirectory } from '../senders/sender-directory.ts';
import type { Context } from './context.ts';

/** The loop that carries the inbox into OpenSPP. */
export function deliveryLoop(
  { settings, log, signals }: Context,
  inbox: Inbox,
  openspp: Pick<
    DeliveryDependencies,
    'client' | 'capabilities' | 'guard' | 'matching' | 'rules' | 'hooks' | 'readNotification'
  >,
  senders: SenderDirectory,
): DeliveryLoop {
  return new DeliveryLoop(settings.delivery, {
    ...openspp,
    death: settings.death,
    inbox,
    apply: settings.apply,
    nameOf: (senderId) => nameOf(senders, senderId),
    log,
    signals,
  });
}

/** The name of a sender, for people; its id where it has none. */
export function nameOf(senders: SenderDirectory, senderId: string): string {
  return senders.find(senderId)?.name ?? (senderId === ADOPTED_FROM ? 'OpenSPP' : senderId);
}
