// Reminders that are due: put off for a while, or done with.

import { mutate, query } from './api.js';
import { DISMISS, REMINDERS, SNOOZE } from './documents.js';
import { byId, button, el, fill, setText } from './dom.js';
import { formatInstant, onLanguage, t } from './language.js';
import { announce, trying } from './notices.js';

const MINUTES = [5, 15, 60];

/** @type {Map<string, object>} */
const known = new Map();
let refused = false;

export async function loadReminders() {
  const { data, hidden } = await query(REMINDERS);
  refused = hidden.has('reminders');
  known.clear();
  for (const one of data.reminders?.nodes ?? []) known.set(one.id, one);
  show();
}

/** @param {object} reminder as it was pushed */
export function hearReminder(reminder) {
  if (!reminder) return;
  known.set(reminder.id, reminder);
  if (reminder.state === 'DUE') announce(t('reminders.spoken', { title: titleOf(reminder) }));
  show();
}

const titleOf = (reminder) => reminder.event?.title ?? t('reminders.gone');

function show() {
  const due = [...known.values()].filter((one) => one.state === 'DUE').sort((one, other) => (one.dueAt < other.dueAt ? -1 : 1));
  const badge = byId('due-count');
  badge.hidden = due.length === 0;
  setText(badge, String(due.length));
  badge.setAttribute('aria-label', t('reminders.count', { count: due.length }));
  const note = refused ? 'refused' : due.length ? '' : 'reminders.none';
  byId('reminders-note').hidden = !note;
  byId('reminders-note').textContent = note && t(note);
  fill(byId('reminders'), due.map(item));
}

function item(one) {
  const act = (words, variables) => trying(async () => {
    const payload = await mutate(words, variables);
    if (payload.reminder) known.set(one.id, payload.reminder);
    else known.delete(one.id);
    show();
    if (document.activeElement === document.body) byId('reminders-title').focus();
  });
  const snooze = (minutes) => button(null, () => act(SNOOZE, { id: one.id, minutes }), {
    text: t('reminders.minutes', { minutes }),
    'aria-label': t('reminders.snooze', { minutes, title: titleOf(one) }),
    data: { act: `snooze-${minutes}`, focus: `snooze-${minutes}-${one.id}` },
  });
  return el('li', { data: { reminder: one.id } },
    el('div', { class: 'reminder-head' }, el('p', { class: 'title', text: titleOf(one) }),
      button('reminders.dismiss', () => act(DISMISS, { id: one.id }), { data: { act: 'dismiss', focus: `dismiss-${one.id}` } })),
    el('p', { class: 'quiet' },
      [formatInstant(one.occurrenceAt ?? one.dueAt), one.event?.location].filter(Boolean).join(' · '),
      one.late && el('span', { class: 'tag', say: 'reminders.late' })),
    el('div', { class: 'verbs' }, el('span', { class: 'quiet', 'aria-hidden': 'true', say: 'reminders.later' }), MINUTES.map(snooze)));
}

export function forgetReminders() {
  known.clear();
}

export function prepareReminders() {
  onLanguage(show);
  show();
}
