/** One request that brings a message; its methods are called in this order, as far as it gets. */
export interface MessageSignals {
  /** Does the work as part of this request, so that what it calls carries its trace. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** @param senderId as registered, or configured for a route; null where nobody of that name is, so that no stranger's word becomes a label */
  from(senderId: string | null): void;
  verifying(): void;
  /** @param reason the code of what failed */
  signatureRefused(reason: string): void;
  verified(): void;
  /** @param dialect null for a message without events */
  committing(dialect: string | null): void;
  committed(): void;
  /** The acknowledgement is about to be sent, or to wait because its sender asked so. */
  accepted(kind: 'created' | 'repeated'): void;
  /** @param code one of the stable codes of an answer; @param failed whether it is the bridge that could not */
  refused(code: string, failed: boolean): void;
}

/** An event that is in hand. */
export interface EventInHand {
  id: number;
  correlationId: string;
  type: string;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

/** What a batch made of one of its events; `reason` is a code. */
export interface EventOutcomeSeen {
  kind: 'settled' | 'released' | 'dead';
  id: number;
  outcome?: string;
  reason?: string | null;
}

/** A call of Odoo's API, and the code that it ended with. */
export interface OdooCallSeen {
  model: string;
  method: string;
  outcome: string;
  milliseconds: number;
}

/**
 * What the modules of the bridge report, for metrics and traces. Labels and attributes are codes, types and
 * registered senders: no personal data, and nothing that a stranger could make up.
 */
export interface Signals {
  /**
   * A request begins that brings a message.
   *
   * @param correlationId of the request, a UUID; the message gets it where it is new
   * @param traceparent the header, where there is one
   */
  message(correlationId: string, traceparent: string | undefined): MessageSignals;
  /** An operator's request; `route` is its pattern, never its address. */
  operation<T>(route: string, traceparent: string | undefined, work: () => Promise<T>): Promise<T>;
  /** A group of messages was committed together, or could not be. */
  groupCommitted(messages: number, milliseconds: number, ok: boolean): void;
  /** Delivers a batch, so that what is called and logged meanwhile is known to be its. */
  batch<T>(events: readonly EventInHand[], work: () => Promise<T>): Promise<T>;
  /** The inbox has the outcomes of a batch; @param milliseconds since the batch was begun */
  settled(events: readonly EventInHand[], outcomes: readonly EventOutcomeSeen[], milliseconds: number): void;
  /** Makes a call of Odoo's API as a part of the current trace. @param outcomeOf the code of what it rejected with */
  odooSpan<T>(
    model: string,
    method: string,
    work: () => Promise<T>,
    outcomeOf: (error: unknown) => string,
  ): Promise<T>;
  /** A call of Odoo's API has ended. */
  odooCalled(call: OdooCallSeen): void;
  /** @param result `ok` or the code of what failed */
  keysFetched(senderId: string, result: string): void;
  /** A registry answered with records of other people than the one asked about. @param source its code */
  registryStranger(source: string): void;
  /** A credential of MOSIP does not say whose it is, and its transaction is not known. */
  mosipUncorrelated(): void;
  /** Events in error were matched again. */
  matchedLate(looked: number, matched: number): void;
}

const NO_MESSAGE: MessageSignals = {
  run: (work) => work(),
  from() {},
  verifying() {},
  signatureRefused() {},
  verified() {},
  committing() {},
  committed() {},
  accepted() {},
  refused() {},
};

/** Reports nothing. */
export const NO_SIGNALS: Signals = {
  message: () => NO_MESSAGE,
  operation: (_route, _traceparent, work) => work(),
  groupCommitted() {},
  batch: (_events, work) => work(),
  settled() {},
  odooSpan: (_model, _method, work) => work(),
  odooCalled() {},
  keysFetched() {},
  registryStranger() {},
  mosipUncorrelated() {},
  matchedLate() {},
};
