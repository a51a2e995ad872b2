// The call in hand: its state and length, what can be done with it, and whom it is with.

import { callForm, forgetCallForm, onFiled } from './callForm.js';
import { change, inHand, mine, onCalls, select, shown, toBeFiled } from './calls.js';
import { now, onTick } from './clock.js';
import { partyShown, showParty } from './customerView.js';
import { HOLD, LINK, RESUME, TRANSFER } from './documents.js';
import { byId, button, el, fill, place, refill, setText } from './dom.js';
import { currentLanguage, formatInstant, formatLength, labelOf, onLanguage, t, tOf } from './language.js';
import { newCustomerBox } from './newCustomer.js';
import { announce, notify, trying } from './notices.js';
import { callerOf, matchFacts, matchName, numberOf, partyOf, ranked } from './parties.js';
import { loadAgents, onAgents, otherAgents } from './presence.js';
import { isMe } from './session.js';

let transferring = false;
let transferTo = '';
let last = null;

function show() {
  const call = shown();
  const moved = call?.id !== last;
  if (moved) {
    last = call?.id ?? null;
    transferring = false;
    // Nobody's file stays open beside the call of somebody else.
    if (call && partyOf(call) !== partyShown()) showParty(partyOf(call));
  }
  byId('call-empty').hidden = Boolean(call);
  byId('call').hidden = !call;
  showTabs(call);
  if (!call) return;
  byId('call').dataset.call = call.id;
  byId('call').dataset.state = call.state;
  const own = inHand(call) || toBeFiled(call);
  const choosing = inHand(call) && transferring;
  refill(byId('call-top'), [call, own, choosing && otherAgents(), currentLanguage()], () => [
    head(call), inHand(call) && verbs(call), choosing && transferRow(call), choices(call, own),
  ]);
  showNewCustomer(own && isUnknown(call) ? call : null);
  place(byId('call-bottom'), own ? callForm(call) : facts(call));
  tick();
  if (moved && own && inHand(call)) byId('call-title').focus();
}

/** The other calls that ask for this person, or the way back from one that was looked up. */
function showTabs(call) {
  const others = mine();
  const needed = others.length > 1 || (others.length === 1 && others[0] !== call) || (call && !others.includes(call));
  byId('call-tabs').hidden = !needed;
  const tabs = others.includes(call) || !call ? others : [...others, call];
  fill(byId('call-tabs'), tabs.map((one) => button(null, () => select(one.id), {
    class: 'tab',
    text: `${numberOf(one)} · ${tOf('state', one.state)}`,
    'aria-pressed': String(one === call),
    data: { focus: `tab-${one.id}` },
  })), call && !others.includes(call) && button('call.close', () => select(null), { class: 'plain', id: 'call-close' }));
}

function head(call) {
  const party = partyOf(call);
  const name = callerOf(call) || t('ringing.unknown');
  const open = party && button('call.openCustomer', () => showParty(party),
    { class: 'link', id: 'call-customer', data: { focus: 'call-customer' } });
  return el('div', { class: 'call-head' },
    el('p', { class: 'overline' },
      el('span', { class: 'state', id: 'call-state', data: { state: call.state }, text: tOf('state', call.state) }),
      el('span', { id: 'call-length', class: 'length' }),
      el('span', { text: [tOf('direction', call.direction), call.ringGroup?.name ?? call.line].filter(Boolean).join(' · ') })),
    el('p', { class: 'big-number', id: 'call-number', text: numberOf(call) }),
    el('p', { class: 'caller' }, el('strong', { id: 'call-caller', text: name }), open));
}

function verbs(call) {
  const may = (verb) => call.actions?.includes(verb);
  const act = (document) => trying(() => change(document, { id: call.id }));
  return el('div', { class: 'verbs' },
    may('HOLD') && button('call.hold', () => act(HOLD), { id: 'call-hold', data: { focus: 'hold' } }),
    may('RESUME') && button('call.resume', () => act(RESUME), { id: 'call-resume', data: { focus: 'hold' } }),
    may('TRANSFER') && button('call.transfer', () => {
      transferring = !transferring;
      show();
      if (!transferring) return;
      byId('transfer-to').focus();
      trying(loadAgents);
    }, { id: 'call-transfer', 'aria-expanded': String(transferring), data: { focus: 'transfer' } }));
}

function transferRow(call) {
  const to = el('select', { id: 'transfer-to', data: { focus: 'transfer-to' } }, otherAgents().map((agent) => el('option', {
    value: agent.user.id,
    text: `${agent.user.displayName} — ${tOf('presence', agent.state)}`,
    disabled: agent.state === 'OFFLINE',
  })));
  to.value = [...to.options].some((option) => option.value === transferTo) ? transferTo : (to.options[0]?.value ?? '');
  to.addEventListener('change', () => { transferTo = to.value; });
  const go = button('call.transferGo', async () => {
    const name = otherAgents().find((agent) => agent.user.id === to.value)?.user.displayName ?? '';
    if (!to.value || !await trying(() => change(TRANSFER, { id: call.id, toId: to.value }))) return;
    transferring = false;
    notify(t('call.transferred', { name }), 'good');
    show();
  }, { class: 'primary', id: 'transfer-go', data: { focus: 'transfer-go' } });
  return el('div', { class: 'field transfer' },
    el('label', { for: 'transfer-to', say: 'call.transferTo' }),
    el('div', { class: 'row' }, to, go));
}

/** The form for somebody new, open if there is nobody to choose from. */
function showNewCustomer(call) {
  const slot = byId('call-new');
  const box = call && newCustomerBox(call);
  if (box && box.parentNode !== slot && !call.matches?.length) box.open = true;
  place(slot, box);
}

/** Nobody this person may see goes with the number. */
const isUnknown = (call) => !call.party && !call.matches?.some((match) => !match.restricted);

/** The matches, of which one is whom the call is really with. */
function choices(call, own) {
  const matches = ranked(call);
  const disabled = !own || !call.actions?.includes('LINK');
  return matches.length > 0 && el('fieldset', { class: 'choose', id: 'call-matches', disabled },
    el('legend', { say: 'call.which' }), matches.map((match, at) => choice(call, match, at)));
}

function choice(call, match, at) {
  const id = `match-${at}`;
  const checked = Boolean(match.party && match.party.id === call.party?.id && (match.contact?.id ?? null) === (call.contact?.id ?? null));
  const radio = el('input', { type: 'radio', name: 'match', id, disabled: match.restricted, data: { focus: id } });
  radio.checked = checked;
  radio.addEventListener('change', async () => {
    const done = await trying(() => change(LINK, { id: call.id, partyId: match.party?.id ?? null, contactId: match.contact?.id ?? null }));
    if (done && match.party) showParty(match.party.id);
    else radio.checked = checked;
  });
  const name = el('span', { class: match.restricted ? 'locked' : '', text: matchName(match) });
  return el('label', { class: 'match', for: id, data: { restricted: String(match.restricted) } },
    radio, el('span', {}, name, matchFacts(match)));
}

/** A call that is not (or no longer) this person's to write about: what is known of it. */
function facts(call) {
  const recording = /^https?:/i.test(call.recordingUrl ?? '')
    && el('a', { href: call.recordingUrl, rel: 'noreferrer', target: '_blank', say: 'call.recording' });
  const row = (say, value) => value && el('div', {}, el('dt', { say }), el('dd', {}, value));
  return el('dl', { class: 'facts', id: 'call-facts' },
    row('call.rang', formatInstant(call.ringingAt)),
    row('call.answeredBy', call.claimedBy && (isMe(call.claimedBy) ? t('call.you') : call.claimedBy.displayName)),
    row('form.disposition', labelOf(call.disposition)),
    row('form.note', call.note),
    row('form.followUp', formatInstant(call.followUpAt)),
    row('call.activity', call.activity?.subject),
    row('call.recordingLabel', recording));
}

function tick() {
  const call = shown();
  const length = byId('call-length');
  if (!call || !length) return;
  const from = Date.parse(call.answeredAt ?? call.claimedAt ?? '');
  setText(length, from ? formatLength(((Date.parse(call.endedAt ?? '') || now()) - from) / 1000) : '');
}

function heard(call, previous) {
  if (call && inHand(call) && !(previous && inHand(previous))) {
    select(call.id);
    if (call.state === 'TRANSFERRED') notify(t('call.transferredToYou', { number: numberOf(call) }), 'good');
  } else if (call && previous && previous.state !== call.state && isMe(call.claimedBy)) {
    announce(`${numberOf(call)} ${tOf('state', call.state)}`);
  } else if (call?.claimedBy && previous && inHand(previous) && !isMe(call.claimedBy) && call.state !== 'TRANSFERRED') {
    // The switchboard had it answered elsewhere, and that counts.
    notify(`${numberOf(call)} ${t('ringing.answeredBy', { name: call.claimedBy.displayName })}`);
  }
  show();
}

export function prepareCallView() {
  onCalls(heard);
  onAgents(() => { if (transferring) show(); });
  onTick(tick);
  onLanguage(show);
  onFiled((id) => {
    forgetCallForm(id);
    select(null);
  });
  show();
}
