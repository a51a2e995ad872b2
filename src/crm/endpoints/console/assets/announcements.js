// The notice board: what is new, reading it by opening it, and confirming what asks for it.

import { mutate, query } from './api.js';
import { ANNOUNCEMENTS, CONFIRM_ANNOUNCEMENT, READ_ANNOUNCEMENT } from './documents.js';
import { byId, button, el, fill, setText } from './dom.js';
import { formatInstant, onLanguage, t } from './language.js';
import { announce, trying } from './notices.js';

const SPREAD = 5000;

/** @type {Map<string, object>} */
const known = new Map();
let unread = 0;
let open = null;
let refused = false;

export async function loadAnnouncements() {
  const { data, hidden } = await query(ANNOUNCEMENTS);
  refused = hidden.has('announcements');
  unread = data.unreadAnnouncementCount ?? 0;
  known.clear();
  for (const one of data.announcements?.nodes ?? []) known.set(one.id, one);
  show();
}

/** @param {object} announcement as it was pushed */
export function hearAnnouncement(announcement) {
  if (!announcement) return;
  const before = known.get(announcement.id);
  const isNew = !before && current(announcement);
  // What is pushed is the same for all and so without a receipt; nobody has read what is new.
  known.set(announcement.id, { myReceipt: { readAt: null, confirmedAt: null }, ...before, ...announcement });
  if (isNew) {
    unread += 1;
    announce(t('announcements.spoken', { title: announcement.title }));
  }
  show();
  // The count is the server's. Everybody hears this at once: they must not all ask at once.
  if (!isNew) setTimeout(() => loadAnnouncements().catch(() => {}), Math.random() * SPREAD);
}

const current = (one) => one.status === 'PUBLISHED' && (!one.expiresAt || Date.parse(one.expiresAt) > Date.now());

function sorted() {
  const rank = (one) => `${one.pinned ? 1 : 0}${one.publishedAt ?? ''}`;
  return [...known.values()].filter(current).sort((one, other) => (rank(one) < rank(other) ? 1 : -1));
}

function show() {
  const badge = byId('unread-count');
  badge.hidden = unread === 0;
  setText(badge, String(unread));
  badge.setAttribute('aria-label', t('announcements.unread', { count: unread }));
  const all = sorted();
  const note = refused ? 'refused' : all.length ? '' : 'announcements.none';
  byId('announcements-note').hidden = !note;
  byId('announcements-note').textContent = note && t(note);
  fill(byId('announcements'), all.map(item));
}

function item(one) {
  const isOpen = open === one.id;
  const read = Boolean(one.myReceipt?.readAt) || !one.myReceipt;
  const title = el('button', {
    type: 'button',
    class: 'fold',
    'aria-expanded': String(isOpen),
    data: { focus: `announcement-${one.id}` },
    on: { click: () => toggle(one) },
  },
  !read && el('span', { class: 'dot', role: 'img', label: 'announcements.new' }),
  el('span', { class: 'title', text: one.title }),
  one.pinned && el('span', { class: 'tag', say: 'announcements.pinned' }),
  el('small', { text: formatInstant(one.publishedAt) }));
  return el('li', { data: { announcement: one.id, read: String(read) } }, el('h3', {}, title), isOpen && body(one));
}

function body(one) {
  const confirmed = one.myReceipt?.confirmedAt;
  return el('div', { class: 'body' },
    one.body.split('\n').map((text) => el('p', { text })),
    one.mustConfirm && one.myReceipt && (confirmed
      ? el('p', { class: 'good', text: t('announcements.confirmed', { when: formatInstant(confirmed) }) })
      : button('announcements.confirm', () => mark(CONFIRM_ANNOUNCEMENT, one.id),
        { class: 'primary', data: { act: 'confirm', focus: `confirm-${one.id}` } })),
    // Last, because it is only known once the notice has been read: nothing moves under the hand.
    one.createdBy && el('p', { class: 'quiet', text: one.createdBy.displayName }));
}

async function toggle(one) {
  open = open === one.id ? null : one.id;
  show();
  if (open && one.myReceipt && !one.myReceipt.readAt) await mark(READ_ANNOUNCEMENT, one.id);
}

async function mark(document, id) {
  const payload = await trying(() => mutate(document, { id }));
  if (payload?.announcement) known.set(id, payload.announcement);
  show();
  // Refused or done: a notice that was withdrawn meanwhile leaves the board now.
  await loadAnnouncements().catch(() => {});
}

export function forgetAnnouncements() {
  known.clear();
  unread = 0;
  open = null;
}

export function prepareAnnouncements() {
  onLanguage(show);
  show();
}
