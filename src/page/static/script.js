// Makes the page quicker to use; without it everything works, by reloading.

/** After failures it asks more rarely. */
const LONGEST_MS = 60_000;

function live() {
  return document.querySelector('[data-live]');
}

/** Brings a part of the page that says where it comes from up to date. */
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
  apply(part, fresh);
  enhance();
  return 0;
}

/** Parts that somebody is busy in, with what they are to become afterwards. */
const held = new Map();
const CAN_HOVER = matchMedia('(hover: hover)').matches;

/** Whether the focus is in a part, or the pointer rests on it. */
function isBusy(part) {
  return part.contains(document.activeElement) || (CAN_HOVER && part.matches(':hover'));
}

/** What somebody reads now: what the pointer is on, what has the focus, or what is about the middle of the window. */
function readNow(part) {
  const main = document.querySelector('main');
  const middle = [0.5, 0.45, 0.55].map((y) => document.elementFromPoint(innerWidth / 2, innerHeight * y));
  const hovered = CAN_HOVER ? [...main.querySelectorAll(':hover')].at(-1) : null;
  return [hovered, document.activeElement, ...middle].find((one) => {
    // What is around the part says nothing of what moves in it.
    if (!one || !main.contains(one) || one.contains(part)) return false;
    const { top, bottom } = one.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
}

/** Changes a part, and leaves what somebody reads where it is in the window. */
function apply(part, fresh) {
  const read = readNow(part);
  const before = read?.getBoundingClientRect().top;
  merge(part, fresh);
  const moved = read?.isConnected ? read.getBoundingClientRect().top - before : 0;
  if (moved !== 0) scrollBy({ top: moved, behavior: 'instant' });
  const note = document.querySelector('.held');
  if (note) note.hidden = held.size === 0;
}

function release() {
  for (const [part, fresh] of held) if (!part.isConnected || !isBusy(part)) apply(part, fresh);
}
// The next thing has the focus, or is under the pointer, by then.
for (const leaving of ['pointerout', 'focusout'])
  document.addEventListener(leaving, () => held.size > 0 && setTimeout(release));
addEventListener('resize', () => {
  for (const part of document.querySelectorAll('[data-hold]')) part.style.minHeight = '';
});

/** Whether one has the elements and the links of the other, so that nothing changes but texts and numbers. */
function sameShape(one, other) {
  return (
    one.nodeName === other.nodeName &&
    one.childNodes.length === other.childNodes.length &&
    one.getAttribute?.('href') === other.getAttribute?.('href') &&
    [...one.childNodes].every((child, at) => sameShape(child, other.childNodes[at]))
  );
}

/**
 * Changes only what differs, so that focus, selection, chosen boxes and opened details stay, and nothing is read out
 * twice. What this script wrote (`data-keep`, `hidden`, `style`) stays as well. A part that holds (`data-hold`) gets no
 * other links while somebody is busy in it, and never becomes smaller.
 */
function merge(old, fresh) {
  held.delete(old);
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.hasAttribute('data-keep')) return;
  const holds = old.hasAttribute('data-hold');
  if (holds && isBusy(old) && !sameShape(old, fresh)) {
    held.set(old, fresh);
    return;
  }
  const height = holds ? old.offsetHeight : 0;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== 'open' && name !== 'style') old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && name !== 'hidden') old.setAttribute(name, value);
  }
  mergeChildren(old, fresh);
  if (old.offsetHeight < height) old.style.minHeight = `${height}px`;
}

/** The attribute: the property of a form may be one of its fields. */
const idOf = (node) => node?.getAttribute?.('id') ?? null;

/** Those with an id stay what they are, whatever comes before them; the others are matched by their places. */
function mergeChildren(old, fresh) {
  const ids = new Map([...old.children].map((child) => [idOf(child), child]));
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const id = idOf(child);
    const same = id ? ids.get(id) : !idOf(at) && at?.nodeName === child.nodeName ? at : null;
    if (!same) {
      old.insertBefore(child, at);
      continue;
    }
    while (at && at !== same) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
    at = same.nextSibling;
    merge(same, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
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
  // What can be done about an event depends on its state.
  if (document.querySelector('.timeline')) location.reload();
}

/** Shows what only works with this script. */
function enhance() {
  for (const button of document.querySelectorAll('button.copy, .choose-all, .keys')) button.hidden = false;
}

/** The choice of language and colours takes effect by itself; without scripts there is a button. */
for (const form of document.querySelectorAll('form.preferences')) {
  form.classList.add('quick');
  form.addEventListener('change', () => form.requestSubmit());
}

const boxes = () => [...document.querySelectorAll('input[type="checkbox"][name="id"]')];

document.addEventListener('change', ({ target }) => {
  if (target.matches('.choose-all')) for (const box of boxes()) box.checked = target.checked;
});

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('button.copy');
  if (!button) return;
  const { textContent: text } = button.previousElementSibling;
  // Over plain HTTP browsers give no clipboard; then the text is selected, to be copied by hand.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text).catch(() => select(button.previousElementSibling));
    const label = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  } else select(button.previousElementSibling);
});

function select(element) {
  getSelection().selectAllChildren(element);
}

/** Numbers of a chart: by the pointer, and by arrow keys on the chart that has the focus. */
function readOut(chart, span) {
  for (const one of chart.querySelectorAll('.span.chosen')) one.classList.remove('chosen');
  span?.classList.add('chosen');
  const line = chart.closest('figure').querySelector('.readout');
  line.textContent = span ? span.textContent : '';
}

document.addEventListener('pointerover', ({ target }) => {
  const span = target.closest?.('.span');
  if (span) readOut(span.ownerSVGElement, span);
});

document.addEventListener('focusin', ({ target }) => {
  if (target.matches('.plot svg')) readOut(target, [...target.querySelectorAll('.span')].at(-1));
});

const TYPING = 'input:not([type="checkbox"]), select, textarea, [contenteditable]';

/** Moves through the rows of the list of events, or through the events themselves. */
function go(step) {
  const links = [...document.querySelectorAll('table.events tbody th a')];
  if (links.length === 0) {
    document.querySelector(step > 0 ? 'a[rel="next"]' : 'a[rel="prev"]')?.click();
    return;
  }
  const at = links.indexOf(document.activeElement?.closest('tr')?.querySelector('th a'));
  links[Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}

document.addEventListener('keydown', (event) => {
  const { key, target, ctrlKey, altKey, metaKey } = event;
  if (ctrlKey || altKey || metaKey) return;
  if (target.matches('.plot svg') && (key === 'ArrowLeft' || key === 'ArrowRight')) {
    const spans = [...target.querySelectorAll('.span')];
    const at = spans.findIndex((span) => span.classList.contains('chosen'));
    readOut(target, spans[Math.min(Math.max(at + (key === 'ArrowRight' ? 1 : -1), 0), spans.length - 1)]);
    event.preventDefault();
    return;
  }
  // Somebody who speaks, or whose hand trembles, may have switched them off.
  if (target.matches(TYPING) || document.documentElement.dataset.keys === 'off') return;
  const box = document.activeElement?.closest('tr')?.querySelector('input[name="id"]');
  const actions = {
    '/': () => document.getElementById('search'),
    j: () => go(1),
    k: () => go(-1),
    x: () => box?.click(),
  };
  if (!Object.hasOwn(actions, key)) return;
  actions[key]()?.focus?.();
  event.preventDefault();
});

enhance();
if (live()) run();
