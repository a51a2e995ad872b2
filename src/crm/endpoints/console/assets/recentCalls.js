// The newest calls this person may see; one opens in the place of the current call.

import { callsRefused, onCalls, recent, select, shown } from './calls.js';
import { showParty } from './customerView.js';
import { byId, el, fill } from './dom.js';
import { formatInstant, onLanguage, t, tOf } from './language.js';
import { callerOf, numberOf, partyOf } from './parties.js';

const SHOWN = 20;
const ARROWS = { INBOUND: '↙', OUTBOUND: '↗', INTERNAL: '↔' };
let due = false;

/** Calls change many at a time; one painting does for all of them. */
function showSoon() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    show();
  });
}

function show() {
  const calls = recent().slice(0, SHOWN);
  const note = callsRefused() ? 'refused' : calls.length ? '' : 'recent.none';
  byId('recent-note').hidden = !note;
  byId('recent-note').textContent = note && t(note);
  const current = shown();
  fill(byId('recent-calls'), calls.map((call) => el('li', { data: { call: call.id, state: call.state } }, row(call, call === current))));
}

function row(call, current) {
  const who = callerOf(call);
  return el('button', {
    type: 'button',
    class: 'recent',
    'aria-current': current && 'true',
    data: { focus: `recent-${call.id}` },
    on: { click: () => open(call) },
  },
  el('span', { class: 'arrow', 'aria-hidden': 'true', text: ARROWS[call.direction] ?? '' }),
  el('span', { class: 'who' }, el('strong', { text: who || numberOf(call) }),
    el('small', { text: [who && numberOf(call), call.claimedBy?.displayName].filter(Boolean).join(' · ') })),
  el('span', { class: 'when' }, el('span', { class: 'state', data: { state: call.state }, text: tOf('state', call.state) }),
    el('small', { text: formatInstant(call.ringingAt) })));
}

function open(call) {
  select(call.id);
  const party = partyOf(call);
  if (party) showParty(party);
  byId('call-title').focus();
}

export function prepareRecentCalls() {
  onCalls(showSoon);
  onLanguage(show);
}
