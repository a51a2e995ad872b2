// The cards of calls that ring here: who it may be, how long it still rings, and the button that takes it.

import { change, onCalls, recent, ringsHere } from './calls.js';
import { onTick, secondsUntil } from './clock.js';
import { CLAIM } from './documents.js';
import { byId, button, el, fill, setText } from './dom.js';
import { onLanguage, t, tOf } from './language.js';
import { forgetNewCustomerBox, newCustomerBox } from './newCustomer.js';
import { announce, trying } from './notices.js';
import { callerOf, matchList, numberOf } from './parties.js';
import { startRinging, stopRinging } from './ringtone.js';
import { isMe, me } from './session.js';

const FOLDS_AFTER = 5000;
const FOLDING = 400;

/** @type {Map<string, {node: HTMLElement, call: object, total: number, settled: string|null}>} */
const cards = new Map();

function consider(call) {
  if (!call) {
    recent().forEach(consider);
    if (!me()) [...cards.keys()].forEach(remove);
    return;
  }
  const card = cards.get(call.id);
  if (!card && ringsHere(call)) add(call);
  else if (card && !card.settled) {
    const before = card.call;
    card.call = call;
    if (!ringsHere(call)) settle(card);
    else if (looks(before) !== looks(call)) paint(card);
  }
  sound();
}

function add(call) {
  const node = el('article', { class: 'ringing-card', role: 'group', data: { call: call.id, state: 'ringing' } });
  node.setAttribute('aria-labelledby', `ringing-number-${call.id}`);
  const card = { node, call, total: Math.max(1, secondsUntil(call.expiresAt)), settled: null };
  cards.set(call.id, card);
  paint(card);
  byId('ringing').append(node);
  byId('ringing-section').hidden = false;
  announce(t('ringing.spoken', { number: numberOf(call), name: callerOf(call) || t('ringing.unknown') }));
  // Focus is only given, never taken: whoever is writing a note goes on writing it.
  if (focusIsFree()) node.querySelector('[data-act="claim"]').focus();
}

/** What a card shows of a call: painted again only when that has changed, since somebody may be typing in it. */
const looks = ({ number, line, ringGroup, matches, party }) => JSON.stringify([number, line, ringGroup, matches, party]);

function paint(card) {
  const { call, node } = card;
  const unknown = !call.matches?.length && !call.party;
  const claim = button('ringing.claim', () => trying(() => change(CLAIM, { id: call.id })),
    { class: 'primary', data: { act: 'claim', focus: `claim-${call.id}` } });
  fill(node,
    el('p', { class: 'overline' }, el('span', { class: 'pulse', 'aria-hidden': 'true' }),
      t('ringing.incoming', { line: call.ringGroup?.name ?? call.line ?? '' })),
    el('h3', { class: 'big-number', id: `ringing-number-${call.id}`, text: numberOf(call) }),
    unknown
      ? el('p', { class: 'unknown', say: 'ringing.unknown' })
      : matchList(call),
    el('div', { class: 'countdown', 'aria-hidden': 'true' },
      el('progress', { max: card.total, value: 0 }), el('span', { class: 'seconds' })),
    claim,
    unknown && newCustomerBox(call));
  count(card);
}

/** Say what became of it, then fold the card away. */
function settle(card) {
  const { call, node } = card;
  if (isMe(call.claimedBy)) {
    remove(call.id);
    return;
  }
  card.settled = call.claimedBy ? 'answered' : call.state === 'RINGING' ? 'expired' : 'over';
  node.dataset.state = card.settled;
  const held = node.contains(document.activeElement);
  fill(node, el('h3', { class: 'big-number', id: `ringing-number-${call.id}`, text: numberOf(call) }),
    el('p', { class: 'outcome', text: outcomeOf(card) }));
  announce(`${numberOf(call)} ${outcomeOf(card)}`);
  if (held) byId('call-title').focus();
  forgetNewCustomerBox(call.id);
  setTimeout(() => { node.classList.add('folding'); }, FOLDS_AFTER - FOLDING);
  setTimeout(() => remove(call.id), FOLDS_AFTER);
}

function outcomeOf({ call, settled }) {
  const texts = {
    answered: () => t('ringing.answeredBy', { name: call.claimedBy.displayName ?? call.claimedBy.username }),
    expired: () => t('ringing.expired'),
    over: () => t('ringing.over', { state: tOf('state', call.state) }),
  };
  return texts[settled]();
}

function remove(id) {
  const card = cards.get(id);
  if (!card) return;
  card.node.remove();
  cards.delete(id);
  byId('ringing-section').hidden = cards.size === 0;
  sound();
}

function count(card) {
  const left = Math.max(0, secondsUntil(card.call.expiresAt));
  card.node.querySelector('progress').value = left;
  setText(card.node.querySelector('.seconds'), t('ringing.seconds', { seconds: Math.ceil(left) }));
}

const unsettled = () => [...cards.values()].filter((card) => !card.settled);

function sound() {
  const ringing = unsettled();
  if (ringing.length) startRinging();
  else stopRinging();
  document.title = ringing.length ? `☎ ${numberOf(ringing[0].call)}` : t('app.title');
}

function tick() {
  for (const card of unsettled()) {
    if (ringsHere(card.call)) count(card);
    else settle(card);
  }
  sound();
}

/** Whether the keyboard is on nothing that takes keys: nowhere, or on a heading it was put on. */
const focusIsFree = () => (document.activeElement ?? document.body).matches('body, [tabindex="-1"]');

/** Enter takes the call that has rung longest, unless Enter means something where the focus is. */
function enter(event) {
  if (event.key !== 'Enter' || event.defaultPrevented || event.repeat || event.isComposing) return;
  if (!focusIsFree()) return;
  const [card] = unsettled();
  card?.node.querySelector('[data-act="claim"]').click();
}

export function prepareRinging() {
  onCalls(consider);
  onTick(tick);
  onLanguage(() => {
    for (const card of cards.values()) {
      if (!card.settled) paint(card);
    }
  });
  document.addEventListener('keydown', enter);
}
