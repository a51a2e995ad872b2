// Short messages about what just happened: refusals as alerts, good news politely.

import { byId, button, el } from './dom.js';
import { t } from './language.js';

const SHOWN = 8000;

/** @param {string} text @param {'error'|'good'} [kind] */
export function notify(text, kind = 'error') {
  const note = el('div', { class: `notice ${kind}` }, el('span', { text }));
  note.append(button('notice.close', () => note.remove(), { class: 'plain' }));
  byId(kind === 'error' ? 'alerts' : 'notices').append(note);
  setTimeout(() => note.remove(), SHOWN);
}

/** What to tell somebody about an error of the API. @param {{code?: string, message?: string}} error */
export function explain(error) {
  const known = t(`error.${error.code}`);
  const text = known === `error.${error.code}` ? t('error.other') : known;
  const says = error.userErrors?.length ? error.userErrors.map((one) => one.message).join(' ') : '';
  return says && !error.code?.match(/^(FORBIDDEN|NOT_FOUND|UNREACHABLE)$/) ? `${text} ${says}` : text;
}

/** Do `act`; if it is refused say so and answer undefined. @template T @param {() => Promise<T>} act @returns {Promise<T|undefined>} */
export async function trying(act) {
  try {
    return await act();
  } catch (error) {
    if (!('code' in error)) throw error;
    // Whoever is signed out sees that by the page he is on.
    if (error.code !== 'UNAUTHENTICATED') notify(explain(error));
    return undefined;
  }
}

/** Tell screen readers at once, without showing anything. @param {string} text */
export function announce(text) {
  byId('spoken').textContent = text;
}
