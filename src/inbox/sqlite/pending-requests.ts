import {
  type AnswerCounts,
  type KeptAnswer,
  type KeptQuestion,
  mayAnswer,
  type NewAnswer,
  type NewQuestion,
  type QuestionRow,
  questionOf,
} from '../pending-requests.ts';
import type { Sql } from './connection.ts';

const QUESTION = `SELECT transaction_id AS transactionId, registry, action, sender_ids AS senderIds, purpose,
  asked_at AS askedAt, correlation_id AS correlationId FROM questions`;

/** See `PendingRequests`. */
export function pendingRequests(sql: Sql) {
  return {
    ask(question: NewQuestion): void {
      const { transactionId, registry, action, senderIds, purpose, askedAt } = question;
      sql.run(
        `INSERT INTO questions (transaction_id, registry, action, sender_ids, purpose, asked_at)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (transaction_id) DO NOTHING`,
        transactionId,
        registry,
        action,
        JSON.stringify(senderIds),
        purpose,
        askedAt,
      );
    },

    questionAcknowledged(transactionId: string, correlationId: string): void {
      sql.transaction(() => {
        sql.run(
          'UPDATE questions SET correlation_id = ? WHERE transaction_id = ?',
          correlationId,
          transactionId,
        );
        const question = sql.get<QuestionRow>(`${QUESTION} WHERE transaction_id = ?`, transactionId);
        if (!question) return;
        const early = sql.all<{ id: number; senderNames: string }>(
          `SELECT id, sender_names AS senderNames FROM answers
           WHERE question IS NULL AND correlation_id = ? AND action = ?`,
          correlationId,
          question.action,
        );
        for (const { id, senderNames } of early) {
          if (mayAnswer(question, JSON.parse(senderNames) as string[]))
            sql.run('UPDATE answers SET question = ? WHERE id = ?', transactionId, id);
        }
      });
    },

    answeredAtOnce(transactionId: string, body: string, receivedAt: number): void {
      sql.run(
        `INSERT INTO answers (question, action, sender_names, received_at, body)
         SELECT transaction_id, action, sender_ids, ?, ? FROM questions WHERE transaction_id = ?`,
        receivedAt,
        body,
        transactionId,
      );
    },

    answer(given: NewAnswer): KeptQuestion | null {
      return sql.transaction(() => {
        const { action, transactionId, correlationId, senderNames } = given;
        const candidates =
          transactionId !== null
            ? sql.all<QuestionRow>(
                `${QUESTION} WHERE transaction_id = ? AND action = ?`,
                transactionId,
                action,
              )
            : sql.all<QuestionRow>(
                `${QUESTION} WHERE correlation_id = ? AND action = ?`,
                correlationId,
                action,
              );
        const found = candidates.find((question) => mayAnswer(question, senderNames));
        sql.run(
          `INSERT INTO answers (message, question, action, sender_names, correlation_id, received_at)
           VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (message) DO UPDATE SET question = coalesce(question, excluded.question)`,
          given.inboxId,
          found?.transactionId ?? null,
          action,
          JSON.stringify(senderNames),
          // One that names a transaction answers that one alone.
          transactionId === null ? correlationId : null,
          given.receivedAt,
        );
        return found ? questionOf(found) : null;
      });
    },

    question(transactionId: string): KeptQuestion | null {
      const row = sql.get<QuestionRow>(`${QUESTION} WHERE transaction_id = ?`, transactionId);
      return row ? questionOf(row) : null;
    },

    answers(transactionId: string, except: readonly number[] = []): KeptAnswer[] {
      return sql.all(
        `SELECT a.id, a.received_at AS receivedAt, coalesce(a.body, m.body) AS body
         FROM answers a LEFT JOIN messages m ON m.id = a.message
         WHERE a.question = ? AND a.id NOT IN (SELECT value FROM json_each(?)) ORDER BY a.received_at, a.id`,
        transactionId,
        JSON.stringify(except),
      );
    },

    answerCounts(): AnswerCounts {
      const row = sql.get<AnswerCounts>(
        `SELECT (SELECT count(*) FROM questions q WHERE NOT EXISTS (SELECT 1 FROM answers WHERE question = q.transaction_id))
                  AS open,
                (SELECT count(DISTINCT question) FROM answers WHERE question IS NOT NULL) AS answered,
                (SELECT count(*) FROM answers WHERE question IS NULL) AS unasked`,
      );
      return { open: row?.open ?? 0, answered: row?.answered ?? 0, unasked: row?.unasked ?? 0 };
    },

    /** Deletes up to `limit` of each kind. */
    pruneAnswers(before: number, limit: number): number {
      const questions = sql.run(
        'DELETE FROM questions WHERE rowid IN (SELECT rowid FROM questions WHERE asked_at < ? LIMIT ?)',
        before,
        limit,
      );
      const messages = sql.run(
        `DELETE FROM messages WHERE id IN
           (SELECT id FROM messages WHERE dialect IS NULL AND received_at < ? LIMIT ?)`,
        before,
        limit,
      );
      return Number(questions.changes) + Number(messages.changes);
    },
  };
}
