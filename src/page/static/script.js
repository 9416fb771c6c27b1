// Brings the parts of a page that say where they come from up to date. Without it all works, by reloading.

/** After failures it asks more rarely. */
const LONGEST_MS = 60_000;

function live() {
  return document.querySelector('[data-live]');
}

async function update(part, failures) {
  const response = await fetch(part.dataset.live, { headers: { Accept: 'text/html' }, cache: 'no-store' });
  if (response.status === 401) {
    location.reload();
    return failures;
  }
  if (!response.ok) return failures + 1;
  const text = await response.text();
  const fresh = new DOMParser().parseFromString(text, 'text/html').body.firstElementChild;
  if (!fresh || fresh.id !== part.id) return failures + 1;
  merge(part, fresh);
  return 0;
}

/** Changes only what differs, so that focus, selection and opened details stay, and nothing is read out twice. */
function merge(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName || old.nodeType !== fresh.nodeType) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== 'open') old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const [olds, news] = [[...old.childNodes], [...fresh.childNodes]];
  news.forEach((child, at) => {
    const before = olds[at];
    if (before) merge(before, child);
    else old.append(child);
  });
  for (const child of olds.slice(news.length)) child.remove();
}

async function run() {
  let failures = 0;
  for (let part = live(); part; part = live()) {
    const every = Number(part.dataset.every) * 2 ** Math.min(failures, 6);
    await new Promise((resolve) => setTimeout(resolve, Math.min(every, LONGEST_MS)));
    if (document.hidden) {
      await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
    }
    failures = await update(part, failures).catch(() => failures + 1);
  }
  // What can be done about an event depends on how it stands.
  if (document.querySelector('.timeline')) location.reload();
}

/** The choice of language and colours takes effect by itself; without scripts there is a button. */
for (const form of document.querySelectorAll('form.preferences')) {
  form.classList.add('quick');
  form.addEventListener('change', () => form.requestSubmit());
}

if (live()) run();
