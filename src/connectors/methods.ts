import type { Hono } from 'hono';
import type { AppEnv } from '../http/app-env.ts';
import { HttpError } from '../http/http-error.ts';

/** Answers every other method of a path with 405; add it after the path's own routes. */
export function assertMethods(app: Hono<AppEnv>, path: string, ...methods: ('GET' | 'POST')[]): void {
  app.all(path, () => {
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    throw new HttpError('err.request.bad', `this route takes ${methods.join(' and ')}`, 405, {
      Allow: allowed,
    });
  });
}
