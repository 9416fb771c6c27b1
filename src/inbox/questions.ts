import type { KeptQuestion } from './inbox.ts';

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
