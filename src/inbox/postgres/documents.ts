import type { Documents } from '../documents.ts';
import type { Sql } from './database.ts';
import { restored, stored } from './text.ts';

/** See `Documents`. */
export function documents(sql: Sql): Documents {
  const getDocument = async (name: string): Promise<string | null> => {
    const [row] = await sql.rows<{ json: string }>('SELECT json FROM crvs_bridge.documents WHERE name = $1', [
      stored(name),
    ]);
    return restored(row?.json ?? null);
  };
  return {
    getDocument,

    async putDocument(name: string, json: string): Promise<void> {
      await sql.rows(
        `INSERT INTO crvs_bridge.documents (name, json) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET json = excluded.json`,
        [stored(name), stored(json)],
      );
    },

    async listDocuments(prefix: string): Promise<Map<string, string>> {
      const rows = await sql.rows<{ name: string; json: string }>(
        'SELECT name, json FROM crvs_bridge.documents WHERE starts_with(name, $1)',
        [stored(prefix)],
      );
      return new Map(rows.map(({ name, json }) => [restored(name), restored(json)]));
    },

    async replaceDocument(name: string, before: string | null, after: string | null): Promise<boolean> {
      if (before === null && after === null) return (await getDocument(name)) === null;
      const values = [stored(name), stored(before), stored(after)].filter((value) => value !== null);
      const done = await sql.rows(
        before === null
          ? 'INSERT INTO crvs_bridge.documents (name, json) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING 1'
          : after === null
            ? 'DELETE FROM crvs_bridge.documents WHERE name = $1 AND json = $2 RETURNING 1'
            : 'UPDATE crvs_bridge.documents SET json = $3 WHERE name = $1 AND json = $2 RETURNING 1',
        values,
      );
      return done.length > 0;
    },
  };
}
