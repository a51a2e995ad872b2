// All about one party, by one nested query. What this person may not read shows a lock; the rest is there all the same.

import { query } from './api.js';
import { PARTY } from './documents.js';
import { byId, button, el, fill } from './dom.js';
import { formatAmount, formatDay, formatInstant, labelOf, onLanguage, t, tOf } from './language.js';
import { explain } from './notices.js';

/** @type {{id: string|null, party: object|null, hidden: Set<string>, error: Error|null, loading: boolean}} */
const view = { id: null, party: null, hidden: new Set(), error: null, loading: false };

/** The id of the party that is shown. */
export const partyShown = () => view.id;

/** @param {string|null} id */
export async function showParty(id) {
  if (id !== view.id) Object.assign(view, { id, party: null, error: null });
  if (!id) {
    show();
    return;
  }
  view.loading = true;
  show();
  try {
    const { data, hidden } = await query(PARTY, { id });
    if (view.id !== id) return;
    Object.assign(view, { party: data.party, hidden, error: null, loading: false });
  } catch (error) {
    if (view.id !== id || !('code' in error)) return;
    Object.assign(view, { error, loading: false });
  }
  show();
}

/** Load what is shown once more: something about it has changed. */
export const refreshParty = () => (view.id ? showParty(view.id) : undefined);

function show() {
  const { party, error, loading } = view;
  byId('customer').setAttribute('aria-busy', String(loading));
  byId('customer').dataset.party = party?.id ?? '';
  byId('customer-reload').hidden = !view.id;
  byId('customer-title').textContent = party?.name ?? t('customer.title');
  const note = error ? explain(error) : loading && !party ? t('customer.loading') : party ? '' : t('customer.none');
  byId('customer-note').hidden = !note;
  byId('customer-note').textContent = note;
  fill(byId('customer-body'), party && !error && [summary(party), ...sections(party)]);
}

const lock = () => el('span', { class: 'locked', role: 'img', label: 'customer.hidden', title: t('customer.hidden') });

/** A value, or the lock if it was refused. `path` is where the query has it. */
function shownOr(path, value, make = (one) => one) {
  if (value !== null && value !== undefined) return make(value);
  return view.hidden.has(`party.${path}`) ? lock() : null;
}

function summary(party) {
  const fact = (say, value) => (value === null || value === '' ? null : el('div', {}, el('dt', { say }), el('dd', {}, value)));
  const named = (path, field) => shownOr(path, party[path], field);
  const tag = ({ name }) => el('span', { class: 'tag', text: name });
  const tags = (found) => (found.length ? el('span', { class: 'tags' }, found.map(tag)) : null);
  return el('dl', { class: 'facts' },
    fact('customer.kind', tOf('kind', party.__typename)),
    fact('customer.owner', named('owner', (owner) => owner.displayName) ?? t('customer.noOwner')),
    fact('customer.department', named('department', (department) => department.name)),
    fact('customer.lifecycle', named('lifecycle', (one) => tOf('lifecycle', one))),
    fact('customer.level', named('level', labelOf)),
    fact('customer.industry', named('industry', labelOf)),
    fact('customer.phones', named('phoneNumbers', (all) => all.map((one) => one.display).join(', '))),
    fact('customer.website', named('website')),
    fact('customer.creditLimit', named('creditLimit', (amount) => formatAmount(amount))),
    fact('customer.lastContact', named('lastContactAt', formatInstant)),
    fact('customer.nextContact', named('nextContactAt', formatInstant)),
    fact('customer.tags', named('tags', tags)),
    fact('customer.note', named('note')));
}

/** A table of one nested list; each column is a heading and what stands below it. */
function section(party, name, columns) {
  const list = party[name];
  const heading = el('h3', { id: `customer-${name}`, say: `customer.${name}` });
  let body = el('p', { class: 'quiet', say: 'customer.empty' });
  if (!list) body = view.hidden.has(`party.${name}`) ? el('p', { class: 'quiet' }, lock(), ' ', el('span', { say: 'refused' })) : body;
  else if (list.nodes.length) body = table(name, list.nodes, columns);
  return el('section', { 'aria-labelledby': heading.id, data: { section: name } }, heading, body);
}

function table(name, rows, columns) {
  const cell = (path, value) => shownOr(`${name}.nodes.${path}`, value) ?? '';
  const head = el('tr', {}, columns.map(([say]) => el('th', { scope: 'col', say })));
  const body = rows.map((row) => el('tr', {}, columns.map(([say, value, path]) => {
    const found = value(row);
    return el('td', { 'data-head': t(say) }, cell(path ?? '', found === '' ? null : found));
  })));
  return el('div', { class: 'table', tabindex: '0', role: 'region', 'aria-labelledby': `customer-${name}` },
    el('table', {}, el('thead', {}, head), el('tbody', {}, body)));
}

const person = (user) => user?.displayName ?? null;

const LONGEST_NOTE = 200;
const shortened = (text) => (text && text.length > LONGEST_NOTE ? `${text.slice(0, LONGEST_NOTE)}…` : text);

function sections(party) {
  const activity = (when) => [
    ['column.when', (row) => formatInstant(row[when]), when],
    ['column.kind', (row) => tOf('activity', row.kind), 'kind'],
    ['column.subject', (row) => row.subject, 'subject'],
  ];
  return [
    section(party, 'contacts', [
      ['column.name', (row) => row.name, 'name'],
      ['column.title', (row) => row.title, 'title'],
      ['column.phone', (row) => row.phoneNumbers?.map((one) => one.display).join(', '), 'phoneNumbers'],
      ['column.email', (row) => row.emailAddresses?.map((one) => one.address).join(', '), 'emailAddresses'],
    ]),
    section(party, 'planned', [...activity('plannedAt'), ['column.owner', (row) => person(row.owner), 'owner']]),
    section(party, 'history', [
      ...activity('doneAt'),
      ['column.outcome', (row) => row.outcome, 'outcome'],
      ['column.note', (row) => shortened(row.content), 'content'],
    ]),
    section(party, 'opportunities', [
      ['column.subject', (row) => row.title, 'title'],
      ['column.stage', (row) => row.stage?.name, 'stage'],
      ['column.status', (row) => tOf('opportunity', row.status), 'status'],
      ['column.amount', (row) => formatAmount(row.amount, row.currency), 'amount'],
      ['column.expected', (row) => formatDay(row.expectedCloseOn), 'expectedCloseOn'],
    ]),
    section(party, 'contracts', [
      ['column.number', (row) => row.number, 'number'],
      ['column.subject', (row) => row.title, 'title'],
      ['column.status', (row) => tOf('contract', row.status), 'status'],
      ['column.amount', (row) => formatAmount(row.amount, row.currency), 'amount'],
      ['column.until', (row) => formatDay(row.endsOn), 'endsOn'],
    ]),
    section(party, 'deliveries', [
      ['column.number', (row) => row.number, 'number'],
      ['column.status', (row) => tOf('delivery', row.status), 'status'],
      ['column.courier', (row) => [row.courier, row.waybill].filter(Boolean).join(' '), 'courier'],
      ['column.shipped', (row) => formatDay(row.shippedOn), 'shippedOn'],
    ]),
    section(party, 'calls', [
      ['column.when', (row) => formatInstant(row.ringingAt), 'ringingAt'],
      ['column.status', (row) => tOf('state', row.state), 'state'],
      ['column.agent', (row) => person(row.claimedBy), 'claimedBy'],
      ['column.disposition', (row) => labelOf(row.disposition), 'disposition'],
      ['column.note', (row) => shortened(row.note), 'note'],
    ]),
    section(party, 'changes', [
      ['column.when', (row) => formatInstant(row.at), 'at'],
      ['column.who', (row) => person(row.actor), 'actor'],
      ['column.record', (row) => tOf('kind', row.record?.__typename), 'record'],
      ['column.verb', (row) => tOf('verb', row.verb.split('.').pop()), 'verb'],
      ['column.fields', (row) => row.fields.map((one) => one.field).join(', '), 'fields'],
    ]),
  ];
}

export function prepareCustomerView() {
  byId('customer').querySelector('.panel-head').append(
    button('customer.reload', refreshParty, { class: 'plain', id: 'customer-reload', hidden: true }));
  onLanguage(show);
  show();
}
