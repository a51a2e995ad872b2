// Who is there: one's own state with its switch, and the list of agents a call can go to.

import { mutate, query } from './api.js';
import { callOf, keepAlive, loadCall, onCalls } from './calls.js';
import { AGENTS, SET_AVAILABLE, SET_AWAY } from './documents.js';
import { byId, el, refill } from './dom.js';
import { currentLanguage, onLanguage, tOf } from './language.js';
import { trying } from './notices.js';
import { isMe, me } from './session.js';

const CHOSEN = ['AVAILABLE', 'AWAY'];
const EVERY = 60_000;

let agents = [];
let state = 'OFFLINE';
let soon = null;
let asked = 0;
const listeners = new Set();

/** @param {() => void} act called after the list of agents has changed */
export const onAgents = (act) => { listeners.add(act); };

/** The others, those who are free first. */
export function otherAgents() {
  const rank = (agent) => ['AVAILABLE', 'WRAP_UP', 'BUSY', 'AWAY', 'OFFLINE'].indexOf(agent.state);
  return agents.filter((agent) => agent.user && !isMe(agent.user)).sort((one, other) => rank(one) - rank(other));
}

export async function loadAgents() {
  if (!me()) return;
  const mine = ++asked;
  const { data } = await query(AGENTS);
  if (mine !== asked) return; // asked again meanwhile: an answer from before the socket was there would say OFFLINE for a minute
  agents = data.agents ?? [];
  const own = agents.find((agent) => isMe(agent.user));
  state = own?.state ?? 'OFFLINE';
  show();
  for (const act of listeners) act();
  if (own?.call && !callOf(own.call.id)) {
    keepAlive(own.call.id);
    await loadCall(own.call.id);
  }
}

/** Load the list shortly: one's own call has changed, and one's state with it. */
export function loadAgentsSoon() {
  clearTimeout(soon);
  soon = setTimeout(() => { loadAgents().catch(() => {}); }, 600);
}

function show() {
  const select = byId('presence');
  const derived = CHOSEN.includes(state) ? [] : [el('option', { value: state, disabled: true, text: tOf('presence', state) })];
  refill(select, [state, currentLanguage()], () => [
    ...CHOSEN.map((value) => el('option', { value, text: tOf('presence', value) })), ...derived,
  ]);
  select.value = state;
  byId('presence-box').dataset.state = state;
}

async function choose(wanted) {
  const payload = await trying(() => mutate(wanted === 'AWAY' ? SET_AWAY : SET_AVAILABLE));
  state = payload?.agent?.state ?? state;
  show();
  loadAgentsSoon();
}

export function preparePresence() {
  byId('presence').addEventListener('change', (event) => choose(event.target.value));
  onLanguage(show);
  onCalls((call, previous) => { if (isMe(call?.claimedBy) || isMe(previous?.claimedBy)) loadAgentsSoon(); });
  setInterval(() => { if (me() && document.visibilityState === 'visible') loadAgents().catch(() => {}); }, EVERY);
  show();
}
