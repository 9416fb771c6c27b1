/** A question that a registry was asked, whose answer comes as a callback. No personal data. */
export interface NewQuestion {
  /** Ours; callbacks name it. */
  transactionId: string;
  /** Our name of the registry, such as the data source's code. */
  registry: string;
  /** The callback that answers it: `on-search`, … */
  action: string;
  /** The `sender_id`s that may answer it. */
  senderIds: readonly string[];
  /** What the answer is for, in the words of the module that asks. */
  purpose: string;
  /** Milliseconds since the epoch. */
  askedAt: number;
}

export interface KeptQuestion extends NewQuestion {
  /** What the registry called it when it took it up; null where it did not say. */
  correlationId: string | null;
}

/** A callback that was committed as a message, and what names the question that it answers. */
export interface NewAnswer {
  /** Of its message. */
  inboxId: number;
  action: string;
  /** All names of the sender that it was verified as. */
  senderNames: readonly string[];
  transactionId: string | null;
  correlationId: string | null;
  /** Milliseconds since the epoch. */
  receivedAt: number;
}

export interface KeptAnswer {
  id: number;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** The envelope, opened where it was sealed. */
  body: string;
}

export interface AnswerCounts {
  /** Questions that have no answer yet. */
  open: number;
  answered: number;
  /** Callbacks that answer nothing that was asked. */
  unasked: number;
}

/** What registries were asked, and what they answered by callbacks. */
export interface PendingRequests {
  /** Keeps a question, before it is asked: an answer can be faster than the acknowledgement. */
  ask(question: NewQuestion): Promise<void>;
  /** Keeps what the registry calls a question, and gives it the callbacks that named only that and came before. */
  questionAcknowledged(transactionId: string, correlationId: string): Promise<void>;
  /** Keeps an answer that came with the response to the question itself. */
  answeredAtOnce(transactionId: string, body: string, receivedAt: number): Promise<void>;
  /**
   * Gives a callback to the question that it answers: by our transaction where it names one, else by the registry's
   * correlation; of the same action, and only from a sender that may answer. Doing it again changes nothing.
   *
   * @returns the question; null where nothing of the kind was asked
   */
  answer(answer: NewAnswer): Promise<KeptQuestion | null>;
  question(transactionId: string): Promise<KeptQuestion | null>;
  /** The answers to a question, in the order of their arrival, without those of these ids. */
  answers(transactionId: string, except?: readonly number[]): Promise<KeptAnswer[]>;
  answerCounts(): Promise<AnswerCounts>;
  /** Deletes questions that were asked, and callbacks that were received, before `before`; gives how many. */
  pruneAnswers(before: number): Promise<number>;
}

/** A question as both storages have it: the senders as JSON. */
export interface QuestionRow extends Omit<KeptQuestion, 'senderIds'> {
  senderIds: string;
}

export function questionOf(row: QuestionRow): KeptQuestion {
  return { ...row, senderIds: JSON.parse(row.senderIds) as string[] };
}

/** Whether one of a sender's names is among those that may answer. */
export function mayAnswer(question: Pick<QuestionRow, 'senderIds'>, senderNames: readonly string[]): boolean {
  const allowed = JSON.parse(question.senderIds) as string[];
  return senderNames.some((name) => allowed.includes(name));
}
