import { TLSSocket } from 'node:tls';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Logger } from 'pino';
import { type AppEnv, requestLog } from '../http/app-env.ts';
import { InboxUnavailableError } from '../inbox/inbox.ts';
import { formatOf } from './format.ts';
import { PAGE_HEADERS } from './headers.ts';
import { PageError } from './page-error.ts';
import { isSameOrigin } from './same-origin.ts';
import type { Session, Sessions } from './session.ts';
import { isLanguage, LANGUAGES, preferredLanguage } from './texts/index.ts';
import { type Html, THEMES, type Theme, type View } from './view.ts';
import { type Assets, layout, type Place } from './views/layout.ts';
import { errorPage } from './views/others.ts';

const SESSION_COOKIE = 'crvs_bridge_session';
const LANGUAGE_COOKIE = 'crvs_bridge_language';
const THEME_COOKIE = 'crvs_bridge_theme';
const KEYS_COOKIE = 'crvs_bridge_keys';
/** The forms of the page are far smaller. */
const FORM_LIMIT = 65_536;
const YEAR_SECONDS = 31_536_000;

type Handler = (c: Context<AppEnv>, view: View & { session: Session }) => Promise<Response> | Response;
type OpenHandler = (c: Context<AppEnv>, view: View) => Promise<Response> | Response;
type FormHandler = (
  c: Context<AppEnv>,
  view: View & { session: Session },
  fields: Record<string, string>,
) => Promise<Response> | Response;

/** Every request for a page passes here: who it is, in which language, and what goes wrong. */
export class Guard {
  readonly #sessions: Sessions | null;
  readonly #assets: Assets;
  readonly #timeZone: string;
  readonly #clock: () => number;
  readonly #log: Logger;

  /** @param sessions null where no token is set */
  constructor(sessions: Sessions | null, assets: Assets, timeZone: string, clock: () => number, log: Logger) {
    this.#sessions = sessions;
    this.#assets = assets;
    this.#timeZone = timeZone;
    this.#clock = clock;
    this.#log = log;
  }

  /** A page for everybody. */
  open(handler: OpenHandler) {
    return (c: Context<AppEnv>) => this.#guarded(c, (view) => handler(c, view));
  }

  /** A page for those who are signed in; others are asked to. */
  page(handler: Handler) {
    return (c: Context<AppEnv>) =>
      this.#guarded(c, (view) => {
        if (view.session) return handler(c, { ...view, session: view.session });
        return redirect(c, `/sign-in${view.here === '/' ? '' : `?next=${encodeURIComponent(view.here)}`}`);
      });
  }

  /** A part of a page, for its script: 401 without a session. */
  part(handler: Handler) {
    return (c: Context<AppEnv>) =>
      this.#guarded(c, (view) =>
        view.session
          ? handler(c, { ...view, session: view.session })
          : c.body(null, 401, { ...PAGE_HEADERS, 'WWW-Authenticate': 'Form' }),
      );
  }

  /** A form of somebody who is signed in, sent by the page itself. */
  form(handler: FormHandler) {
    return (c: Context<AppEnv>) =>
      this.#guarded(c, async (view) => {
        if (!isSameOrigin(c.req)) throw new PageError(403, 'foreign');
        const fields = await readForm(c);
        if (!view.session) return redirect(c, '/sign-in');
        if (!this.#sessions?.isFormToken(view.session, fields.form_token ?? ''))
          throw new PageError(403, 'foreign');
        return handler(c, { ...view, session: view.session }, fields);
      });
  }

  /** A form of anybody, sent by the page itself. */
  openForm(
    handler: (c: Context<AppEnv>, view: View, fields: Record<string, string>) => ReturnType<OpenHandler>,
  ) {
    return (c: Context<AppEnv>) =>
      this.#guarded(c, async (view) => {
        if (!isSameOrigin(c.req)) throw new PageError(403, 'foreign');
        return handler(c, view, await readForm(c));
      });
  }

  async #guarded(c: Context<AppEnv>, work: (view: View) => Promise<Response> | Response): Promise<Response> {
    const view = this.#viewOf(c);
    try {
      return await work(view);
    } catch (error) {
      if (error instanceof PageError) {
        if (error.status === 413) c.header('Connection', 'close');
        return this.answer(
          c,
          view,
          view.texts.errors.title,
          null,
          errorPage(view, view.texts.errors[error.text]),
          error.status,
        );
      }
      const status = error instanceof InboxUnavailableError ? 503 : 500;
      requestLog(c, this.#log).error(
        {
          status,
          error: (error as Error).name,
          detail: status === 503 ? (error as Error).message : undefined,
        },
        'a page could not be served',
      );
      const text = view.texts.errors[status === 503 ? 'inbox' : 'internal'];
      return this.answer(c, view, view.texts.errors.title, null, errorPage(view, text), status);
    }
  }

  #viewOf(c: Context<AppEnv>): View {
    const chosen = getCookie(c, LANGUAGE_COOKIE);
    const language = isLanguage(chosen) ? chosen : preferredLanguage(c.req.header('accept-language'));
    const texts = LANGUAGES[language];
    const theme = THEMES.find((one) => one === getCookie(c, THEME_COOKIE)) ?? 'auto';
    const session = this.#sessionOf(c);
    const url = new URL(c.req.url);
    return {
      language,
      texts,
      format: formatOf(texts, this.#timeZone),
      theme,
      keys: getCookie(c, KEYS_COOKIE) !== 'off',
      now: this.#clock(),
      here: c.req.method === 'GET' ? `${url.pathname}${url.search}` : '/',
      session,
      formToken: session === null ? '' : (this.#sessions?.formToken(session) ?? ''),
    };
  }

  #sessionOf(c: Context<AppEnv>): Session | null {
    if (!this.#sessions) return null;
    return (
      this.#sessions.open(getCookie(c, SESSION_COOKIE, 'host')) ??
      this.#sessions.open(getCookie(c, SESSION_COOKIE))
    );
  }

  /** A whole page. */
  answer(
    c: Context<AppEnv>,
    view: View,
    title: string,
    place: Place | null,
    content: Html,
    status: 200 | 400 | 403 | 404 | 413 | 429 | 500 | 503 = 200,
  ): Response | Promise<Response> {
    return c.html(layout(view, this.#assets, title, place, content), status, PAGE_HEADERS);
  }

  /** Hands the browser its session. */
  signIn(c: Context<AppEnv>, session: Session): void {
    setCookie(c, SESSION_COOKIE, this.#sessions?.seal(session) ?? '', {
      ...(isSecure(c) ? { prefix: 'host' as const, secure: true } : {}),
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      maxAge: Math.max(1, Math.floor((session.expiresAt - this.#clock()) / 1000)),
    });
  }

  /** Takes it back. */
  signOut(c: Context<AppEnv>): void {
    const options = { path: '/', httpOnly: true, sameSite: 'Strict' as const, maxAge: 0 };
    setCookie(c, SESSION_COOKIE, '', options);
    if (isSecure(c)) setCookie(c, SESSION_COOKIE, '', { ...options, prefix: 'host', secure: true });
  }

  /** Remembers how somebody likes the page. */
  prefer(c: Context<AppEnv>, { language, theme, keys }: Record<string, string>): void {
    const options = {
      path: '/',
      httpOnly: true,
      sameSite: 'Lax',
      maxAge: YEAR_SECONDS,
      secure: isSecure(c),
    } as const;
    if (isLanguage(language)) setCookie(c, LANGUAGE_COOKIE, language, options);
    const known: Theme | undefined = THEMES.find((one) => one === theme);
    if (known) setCookie(c, THEME_COOKIE, known, options);
    if (keys === 'on' || keys === 'off') setCookie(c, KEYS_COOKIE, keys, options);
  }
}

/** After a form: so that reloading the page does not send it again. */
export function redirect(c: Context<AppEnv>, path: string): Response {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
  return c.redirect(path, 303);
}

const HERE = 'http://bridge.invalid';

/**
 * A path of this address, which nobody can make lead elsewhere. What is looked at is the path that results, as a browser
 * reads it once more: dots and backslashes go away when a path is resolved, and can leave two slashes at its start.
 */
export function localPath(path: string | undefined): string {
  if (path === undefined || !/^\/[\x21-\x7e]*$/.test(path)) return '/';
  const resolved = resolve(path);
  return resolved !== null && resolve(resolved) === resolved ? resolved : '/';
}

/** The path and query that a browser comes to; null where it leaves this address. */
function resolve(path: string): string | null {
  if (!URL.canParse(path, HERE)) return null;
  const url = new URL(path, HERE);
  return url.origin === HERE ? `${url.pathname}${url.search}` : null;
}

/**
 * Whether the browser came over TLS, to here or to a proxy. Anybody can say so; who does gets a cookie that is sent over
 * TLS only.
 */
function isSecure(c: Context<AppEnv>): boolean {
  const { incoming } = (c.env ?? {}) as { incoming?: { socket?: unknown } };
  return incoming?.socket instanceof TLSSocket || c.req.header('x-forwarded-proto') === 'https';
}

/** The fields of a form; the values of boxes with one name are joined by commas. */
async function readForm(c: Context<AppEnv>): Promise<Record<string, string>> {
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(c.req.header('content-type') ?? ''))
    throw new PageError(400, 'badRequest');
  let size = 0;
  const chunks: Uint8Array[] = [];
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.byteLength;
    if (size > FORM_LIMIT) throw new PageError(413, 'badRequest');
    chunks.push(chunk);
  }
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(Buffer.concat(chunks).toString('utf8'))) {
    const earlier = fields[name];
    fields[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return fields;
}
