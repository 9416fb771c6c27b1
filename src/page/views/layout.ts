import { html } from 'hono/html';
import { LANGUAGES } from '../texts/index.ts';
import { type Html, THEMES, type View } from '../view.ts';
import { formToken } from './parts.ts';

/** The addresses of our own files, each with its content's hash, so that browsers may keep them. */
export interface Assets {
  style: string;
  script: string;
  icon: string;
}

const PLACES = ['overview', 'events', 'refusals', 'senders', 'sources', 'screenings', 'audit'] as const;
export type Place = (typeof PLACES)[number];
const PATHS: Readonly<Record<Place, string>> = {
  overview: '/',
  events: '/events',
  refusals: '/refusals',
  senders: '/senders',
  sources: '/sources',
  screenings: '/screenings',
  audit: '/audit',
};

/**
 * A whole page.
 *
 * @param place where in the navigation it is; null for one that is outside
 */
export function layout(view: View, assets: Assets, title: string, place: Place | null, content: Html): Html {
  const { texts, theme, keys, session } = view;
  return html`<!doctype html>
<html lang="${texts.code}" data-theme="${theme}" data-keys="${keys ? 'on' : 'off'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · ${texts.product}</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
<script src="${assets.script}" defer></script>
</head>
<body>
<a class="skip" href="#content">${texts.skip}</a>
<header>
<a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true" focusable="false"><path d="M3 22c0-8 6-13 13-13s13 5 13 13M3 22h26M10 22v-9.5M16 22V9M22 22v-9.5"/></svg><span>${texts.product}</span></a>
${session === null ? '' : navigation(view, place)}
<div class="tools">${preferences(view)}${session === null ? '' : html`<form method="post" action="/sign-out">${formToken(view)}<button class="quiet">${texts.signOut}</button></form>`}</div>
</header>
<main id="content" tabindex="-1">
${content}
</main>${
    session === null
      ? ''
      : html`
<footer><a href="/docs">${texts.nav.api}</a></footer>`
  }
</body>
</html>`;
}

function navigation({ texts }: View, place: Place | null): Html {
  return html`<nav aria-label="${texts.nav.label}"><ul>${PLACES.map(
    (one) =>
      html`<li><a href="${PATHS[one]}"${one === place ? html` aria-current="page"` : ''}>${texts.nav[one]}</a></li>`,
  )}</ul></nav>`;
}

function preferences({ texts, language, theme, keys, here }: View): Html {
  const { preferences: words } = texts;
  return html`<form class="preferences" method="post" action="/preferences" aria-label="${words.label}">
<input type="hidden" name="back" value="${here}">
<select name="language" aria-label="${words.language}">${Object.entries(LANGUAGES).map(
    ([code, { name }]) =>
      html`<option value="${code}" lang="${code}"${code === language ? html` selected` : ''}>${name}</option>`,
  )}</select>
<select name="theme" aria-label="${words.theme}">${THEMES.map(
    (one) => html`<option value="${one}"${one === theme ? html` selected` : ''}>${words[one]}</option>`,
  )}</select>
<select name="keys" aria-label="${words.keys}"><option value="on">${words.keysOn}</option><option value="off"${keys ? '' : html` selected`}>${words.keysOff}</option></select>
<button class="quiet">${words.apply}</button></form>`;
}
