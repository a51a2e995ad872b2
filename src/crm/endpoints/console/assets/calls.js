// The calls this desk knows of, each as it was last heard; and which of them ring here or are in hand.

import { mutate, query } from './api.js';
import { secondsUntil } from './clock.js';
import { ONE_CALL, RECENT_CALLS } from './documents.js';
import { isMe } from './session.js';

const IN_HAND = new Set(['ANSWERED', 'HELD', 'TRANSFERRED']);
const REMEMBERED = 200;

/** @type {Map<string, object>} */
const calls = new Map();
/** Calls that were heard of while they were going on: only these ask to be filed. */
const live = new Set();
const listeners = new Set();
let selected = null;
let refused = false;

/** @param {(call: object|null, previous: object|undefined) => void} act called for each change; without a call when many changed */
export const onCalls = (act) => { listeners.add(act); };
const tell = (call, previous) => { for (const act of listeners) act(call, previous); };

/** Take in what was heard of a call; older news than we have is dropped. @param {object|null} call */
export function hear(call) {
  if (!call) return;
  const previous = calls.get(call.id);
  if (previous && previous.version > call.version) return;
  calls.set(call.id, call);
  if (call.state === 'RINGING' || IN_HAND.has(call.state)) live.add(call.id);
  forgetOldest();
  tell(call, previous);
}

function forgetOldest() {
  if (calls.size <= REMEMBERED) return;
  const oldest = recent().findLast((call) => call.id !== selected && !mine().includes(call));
  if (oldest) calls.delete(oldest.id);
}

/** What there is already: asked for at the start and wherever events may have been missed. */
export async function loadCalls() {
  const { data, hidden } = await query(RECENT_CALLS);
  refused = hidden.has('calls');
  for (const call of data.calls?.nodes ?? []) hear(call);
  // Calls that went on while we were away and have left the list of the newest.
  const unsure = [...calls.values()].filter((call) => live.has(call.id) && !call.filedAt && !isIn(data.calls, call));
  for (const call of unsure) await loadCall(call.id);
  tell(null);
}

const isIn = (connection, call) => (connection?.nodes ?? []).some((node) => node.id === call.id);

/** @param {string} id */
export async function loadCall(id) {
  const { data } = await query(ONE_CALL, { id });
  hear(data.call);
}

/** Change a call; what comes back is heard like any news. @param {string} document @param {object} variables */
export async function change(document, variables) {
  try {
    const payload = await mutate(document, variables);
    hear(payload.call);
    return payload;
  } catch (error) {
    // Somebody was quicker, most likely: see how the call stands now.
    if (error.code !== 'UNREACHABLE' && error.code !== 'UNAUTHENTICATED') await loadCall(variables.id).catch(() => {});
    throw error;
  }
}

export const callOf = (id) => calls.get(id);
export const callsRefused = () => refused;

/** All known calls, the newest first. */
export const recent = () => [...calls.values()].sort((one, other) => (one.ringingAt < other.ringingAt ? 1 : -1));

/** Whether it rings at this desk. */
export const ringsHere = (call) => call.state === 'RINGING' && !call.claimedBy && secondsUntil(call.expiresAt) > 0
  && call.candidates?.some(isMe) === true;

/** Whether it is going on and in the hands of whoever is signed in. */
export const inHand = (call) => isMe(call.claimedBy) && IN_HAND.has(call.state);

/** Whether it is over and its result is still to be written down. */
export const toBeFiled = (call) => isMe(call.claimedBy) && !inHand(call) && call.actions?.includes('END') === true;

/** The calls that ask for this person: those in hand, and those to be filed. */
export function mine() {
  return recent().filter((call) => inHand(call) || (toBeFiled(call) && live.has(call.id)));
}

/** The call that is shown: the one chosen, else the first that asks for this person. */
export const shown = () => calls.get(selected) ?? mine()[0] ?? null;

/** @param {string|null} id */
export function select(id) {
  selected = id;
  tell(null);
}

/** Note that a call is going on though it was not heard ringing here: after the page was loaded again, say. */
export function keepAlive(id) {
  live.add(id);
}

export function forgetCalls() {
  calls.clear();
  live.clear();
  selected = null;
  refused = false;
  tell(null);
}
