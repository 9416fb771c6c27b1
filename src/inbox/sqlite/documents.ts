import type { Sql } from './connection.ts';

/** See `Documents`. */
export function documents(sql: Sql) {
  const getDocument = (name: string): string | null =>
    sql.get<{ json: string }>('SELECT json FROM documents WHERE name = ?', name)?.json ?? null;
  const putDocument = (name: string, json: string): void => {
    sql.run(
      'INSERT INTO documents (name, json) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET json = excluded.json',
      name,
      json,
    );
  };
  return {
    getDocument,
    putDocument,

    listDocuments(prefix: string): Map<string, string> {
      const rows = sql.all<{ name: string; json: string }>(
        'SELECT name, json FROM documents WHERE substr(name, 1, length(?1)) = ?1',
        prefix,
      );
      return new Map(rows.map(({ name, json }) => [name, json]));
    },

    replaceDocument(name: string, before: string | null, after: string | null): boolean {
      return sql.transaction(() => {
        if (getDocument(name) !== before) return false;
        if (after === null) sql.run('DELETE FROM documents WHERE name = ?', name);
        else putDocument(name, after);
        return true;
      });
    },
  };
}
