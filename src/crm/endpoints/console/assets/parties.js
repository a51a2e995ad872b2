// Whom a call may be from: names for headings, and the list of matches.

import { showParty } from './customerView.js';
import { button, el } from './dom.js';
import { t, tOf } from './language.js';

/** The number as people read it; a hidden one says so. */
export const numberOf = (call) => call.number?.display || call.number?.raw || t('call.numberHidden');

/** @param {{name: string}|null} party @param {{name: string}|null} contact */
const joined = (party, contact) => [contact?.name, party?.name].filter(Boolean).join(' · ');

/** The name of whom the call is with, or most likely with; empty when nobody is known. */
export function callerOf(call) {
  if (call.party || call.contact) return joined(call.party, call.contact);
  const [best] = openMatches(call);
  return best ? joined(best.party, best.contact) : '';
}

/** The matches this person may look at, the best first. */
export const openMatches = (call) => ranked(call).filter((match) => !match.restricted && (match.party || match.contact));

export const ranked = (call) => [...(call.matches ?? [])].sort((one, other) => other.score - one.score);

/** Which party to show for a call: the one it was filed under, else the best match. */
export const partyOf = (call) => call.party?.id ?? openMatches(call).find((match) => match.party)?.party.id ?? null;

/** What is said of one match beside its name. */
export function matchFacts(match) {
  return el('span', { class: 'match-facts' },
    match.owner && !match.restricted && el('span', { text: t('match.owner', { name: match.owner.displayName }) }),
    el('span', { class: 'tag', text: tOf('reason', match.reason) }));
}

/** The name of a match, or for a restricted one only that there is something and whose it is. */
export function matchName(match) {
  if (!match.restricted && (match.party || match.contact)) return joined(match.party, match.contact);
  return match.owner ? t('match.restricted', { name: match.owner.displayName }) : t('match.restrictedUnowned');
}

/** The ranked list of a call's matches. */
export function matchList(call) {
  return el('ol', { class: 'matches', label: 'match.list' }, ranked(call).map((match) => {
    const open = !match.restricted && match.party;
    const name = open
      ? button(null, () => showParty(match.party.id),
        { class: 'link', text: matchName(match), data: { focus: `match-${match.party.id}-${match.contact?.id}` } })
      : el('span', { class: match.restricted ? 'locked' : '', text: matchName(match) });
    return el('li', { class: 'match', data: { restricted: String(match.restricted), reason: match.reason } }, name, matchFacts(match));
  }));
}
