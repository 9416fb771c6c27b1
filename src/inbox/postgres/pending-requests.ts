import {
  type AnswerCounts,
  type KeptAnswer,
  type KeptQuestion,
  mayAnswer,
  type NewAnswer,
  type NewQuestion,
  type PendingRequests,
  type QuestionRow,
  questionOf,
} from '../pending-requests.ts';
import type { Database, Sql } from './database.ts';
import { restored, stored } from './text.ts';

const QUESTION = `SELECT transaction_id AS "transactionId", registry, action, sender_ids AS "senderIds", purpose,
  asked_at AS "askedAt", correlation_id AS "correlationId" FROM crvs_bridge.questions`;

/** How many one commit deletes. */
const SLICE = 500;

/** See `PendingRequests`. */
export function pendingRequests(database: Database): PendingRequests {
  return {
    async ask(question: NewQuestion): Promise<void> {
      const { transactionId, registry, action, senderIds, purpose, askedAt } = question;
      await database.rows(
        `INSERT INTO crvs_bridge.questions (transaction_id, registry, action, sender_ids, purpose, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (transaction_id) DO NOTHING`,
        [
          stored(transactionId),
          stored(registry),
          action,
          JSON.stringify(senderIds),
          stored(purpose),
          askedAt,
        ],
        'question-ask',
      );
    },

    async questionAcknowledged(transactionId: string, correlationId: string): Promise<void> {
      await database.transaction(async (sql) => {
        await inTurn(sql, correlationId);
        await sql.rows('UPDATE crvs_bridge.questions SET correlation_id = $1 WHERE transaction_id = $2', [
          stored(correlationId),
          stored(transactionId),
        ]);
        const [question] = await find(sql, transactionId);
        if (!question) return;
        const early = await sql.rows<{ id: number; senderNames: string }>(
          `SELECT id, sender_names AS "senderNames" FROM crvs_bridge.answers
           WHERE question IS NULL AND correlation_id = $1 AND action = $2 FOR UPDATE`,
          [stored(correlationId), question.action],
        );
        const ids = early
          .filter(({ senderNames }) => mayAnswer(question, JSON.parse(senderNames) as string[]))
          .map(({ id }) => id);
        if (ids.length === 0) return;
        await sql.rows('UPDATE crvs_bridge.answers SET question = $1 WHERE id = ANY($2::bigint[])', [
          stored(transactionId),
          ids,
        ]);
      });
    },

    async answeredAtOnce(transactionId: string, body: string, receivedAt: number): Promise<void> {
      await database.rows(
        `INSERT INTO crvs_bridge.answers (question, action, sender_names, received_at, body)
         SELECT transaction_id, action, sender_ids, $1, $2 FROM crvs_bridge.questions WHERE transaction_id = $3`,
        [receivedAt, stored(body), stored(transactionId)],
      );
    },

    async answer(given: NewAnswer): Promise<KeptQuestion | null> {
      return database.transaction(async (sql) => {
        const { action, transactionId, correlationId, senderNames } = given;
        // One that names a transaction answers that one alone.
        const correlation = transactionId === null ? correlationId : null;
        await inTurn(sql, correlation);
        const candidates =
          transactionId !== null
            ? await find(sql, transactionId)
            : await sql.rows<QuestionRow>(`${QUESTION} WHERE correlation_id = $1`, [stored(correlationId)]);
        const found = candidates.find((one) => one.action === action && mayAnswer(one, senderNames));
        await sql.rows(
          `INSERT INTO crvs_bridge.answers AS a (message, question, action, sender_names, correlation_id, received_at)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (message) DO UPDATE SET question = coalesce(a.question, excluded.question)`,
          [
            given.inboxId,
            stored(found?.transactionId ?? null),
            action,
            JSON.stringify(senderNames),
            stored(correlation),
            given.receivedAt,
          ],
        );
        return found ? restoredQuestion(found) : null;
      });
    },

    async question(transactionId: string): Promise<KeptQuestion | null> {
      const [row] = await find(database, transactionId);
      return row ? restoredQuestion(row) : null;
    },

    async answers(transactionId: string, except: readonly number[] = []): Promise<KeptAnswer[]> {
      const rows = await database.rows<KeptAnswer>(
        `SELECT a.id, a.received_at AS "receivedAt", coalesce(a.body, m.body) AS body
         FROM crvs_bridge.answers a LEFT JOIN crvs_bridge.messages m ON m.id = a.message
         WHERE a.question = $1 AND a.id <> ALL($2::bigint[]) ORDER BY a.received_at, a.id`,
        [stored(transactionId), except],
        'question-answers',
      );
      return rows.map((row) => ({ ...row, body: restored(row.body) }));
    },

    async answerCounts(): Promise<AnswerCounts> {
      const [row] = await database.rows<AnswerCounts>(
        `SELECT (SELECT count(*) FROM crvs_bridge.questions q
                 WHERE NOT EXISTS (SELECT 1 FROM crvs_bridge.answers WHERE question = q.transaction_id)) AS open,
                (SELECT count(DISTINCT question) FROM crvs_bridge.answers WHERE question IS NOT NULL) AS answered,
                (SELECT count(*) FROM crvs_bridge.answers WHERE question IS NULL) AS unasked`,
      );
      return row ?? { open: 0, answered: 0, unasked: 0 };
    },

    async pruneAnswers(before: number): Promise<number> {
      for (let total = 0; ; ) {
        const gone = await database.transaction((sql) => pruneSome(sql, before));
        total += gone;
        if (gone === 0) return total;
      }
    },
  };
}

/**
 * Of a callback that names only a correlation and the acknowledgement that names that correlation, the later one
 * must see the earlier.
 */
async function inTurn(sql: Sql, correlationId: string | null): Promise<void> {
  if (correlationId === null) return;
  await sql.rows("SELECT pg_advisory_xact_lock(hashtextextended('crvs_bridge answers ' || $1, 0))", [
    stored(correlationId),
  ]);
}

async function pruneSome(sql: Sql, before: number): Promise<number> {
  const questions = await sql.rows<{ id: string }>(
    `DELETE FROM crvs_bridge.questions WHERE transaction_id IN
       (SELECT transaction_id FROM crvs_bridge.questions WHERE asked_at < $1 LIMIT ${SLICE} FOR UPDATE SKIP LOCKED)
     RETURNING transaction_id AS id`,
    [before],
  );
  const messages = await sql.rows<{ id: number }>(
    `DELETE FROM crvs_bridge.messages WHERE id IN
       (SELECT id FROM crvs_bridge.messages WHERE dialect IS NULL AND received_at < $1 LIMIT ${SLICE}
        FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [before],
  );
  await sql.rows(
    'DELETE FROM crvs_bridge.answers WHERE question = ANY($1::text[]) OR message = ANY($2::bigint[])',
    [questions.map(({ id }) => id), messages.map(({ id }) => id)],
  );
  return questions.length + messages.length;
}

function find(sql: Sql, transactionId: string): Promise<QuestionRow[]> {
  return sql.rows<QuestionRow>(`${QUESTION} WHERE transaction_id = $1`, [stored(transactionId)]);
}

function restoredQuestion(row: QuestionRow): KeptQuestion {
  return questionOf({
    ...row,
    transactionId: restored(row.transactionId),
    registry: restored(row.registry),
    purpose: restored(row.purpose),
    correlationId: restored(row.correlationId),
  });
}
