import { sameSecret } from '../../http/bearer.ts';
import type { PageContext } from '../context.ts';
import { localPath, redirect } from '../guard.ts';
import type { Sessions } from '../session.ts';
import { SignInLimit } from '../sign-in-limit.ts';
import { signInPage } from '../views/others.ts';

/** Signing in by the operator's token, and out. */
export function addSignIn(context: PageContext, sessions: Sessions, token: string): void {
  const { app, guard, deps, operatorOf } = context;
  const { auditor } = context.operations;
  const limit = new SignInLimit(deps.clock);
  app.get(
    '/sign-in',
    guard.open((c, view) => {
      const next = localPath(c.req.query('next'));
      if (view.session) return redirect(c, next);
      const said = c.req.query('done') === 'signed-out' ? view.texts.signIn.signedOut : null;
      return guard.answer(c, view, view.texts.signIn.title, null, signInPage(view, next, null, said));
    }),
  );
  app.post(
    '/sign-in',
    guard.openForm(async (c, view, fields) => {
      const { texts, format } = view;
      const next = localPath(fields.next);
      const address = deps.clients.addressOf(c);
      const refused = (problem: string, status: 403 | 429) =>
        guard.answer(
          c,
          { ...view, here: '/sign-in' },
          texts.signIn.title,
          null,
          signInPage(view, next, problem, null),
          status,
        );
      // The right token always opens: behind a proxy, somebody who guesses has the address of everybody else.
      if (!sameSecret((fields.token ?? '').trim(), token)) {
        const waitMs = limit.waitMs(address ?? '');
        if (waitMs > 0) {
          c.header('Retry-After', String(Math.ceil(waitMs / 1000)));
          return refused(texts.signIn.tooMany(format.duration(Math.max(1000, waitMs))), 429);
        }
        limit.failed(address ?? '');
        await auditor.note({ actor: 'page', address }, { action: 'sign_in_refused' });
        return refused(texts.signIn.wrong, 403);
      }
      const session = sessions.begin();
      await auditor.note(operatorOf(c, { ...view, session }), { action: 'sign_in' });
      guard.signIn(c, session);
      return redirect(c, next);
    }),
  );
  app.post(
    '/sign-out',
    guard.form(async (c, view) => {
      sessions.end(view.session);
      guard.signOut(c);
      await auditor.note(operatorOf(c, view), { action: 'sign_out' });
      return redirect(c, '/sign-in?done=signed-out');
    }),
  );
}
