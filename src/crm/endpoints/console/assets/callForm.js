// What is written down about a call: disposition, note, follow-up. One form per call, so that nothing typed is lost on the way.

import { query } from './api.js';
import { change, inHand } from './calls.js';
import { DISPOSITIONS, END } from './documents.js';
import { byId, el, fill, labelled } from './dom.js';
import { labelOf, onLanguage, t } from './language.js';
import { notify, trying } from './notices.js';

const NAMED_ON_BUTTON = { true: 'form.end', false: 'form.file' };

let dispositions = [];
const forms = new Map();
const listeners = new Set();

/** @param {(id: string) => void} act called after a call has been filed */
export const onFiled = (act) => { listeners.add(act); };

export async function loadDispositions() {
  const { data } = await query(DISPOSITIONS);
  dispositions = data.dictionaryItems?.nodes ?? [];
  for (const form of forms.values()) fillOptions(form);
}

/** @param {object} call @returns {HTMLFormElement} the same one for the same call */
export function callForm(call) {
  if (!forms.has(call.id)) forms.set(call.id, make(call));
  const form = forms.get(call.id);
  const submit = form.querySelector('[type=submit]');
  submit.dataset.say = NAMED_ON_BUTTON[inHand(call)];
  submit.textContent = t(submit.dataset.say);
  submit.classList.toggle('danger', inHand(call));
  return form;
}

export const forgetCallForm = (id) => { forms.delete(id); };

function make(call) {
  const disposition = el('select', { id: 'disposition', name: 'disposition' });
  const note = el('textarea', { id: 'note', name: 'note', rows: 4, maxlength: 20000 });
  const followUp = el('input', { id: 'follow-up', name: 'followUpAt', type: 'datetime-local' });
  note.value = call.note ?? '';
  followUp.value = localTime(call.followUpAt);
  const form = el('form', { class: 'call-form', id: 'call-form', label: 'form.title' },
    labelled('form.note', note),
    el('div', { class: 'pair' }, labelled('form.disposition', disposition), labelled('form.followUp', followUp)),
    el('button', { type: 'submit', class: 'primary', id: 'call-end', say: 'form.end' }));
  disposition.dataset.wanted = call.disposition?.code ?? '';
  fillOptions(form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    file(call.id, form);
  });
  return form;
}

function fillOptions(form) {
  const select = form.elements.disposition;
  const value = select.value || select.dataset.wanted;
  fill(select, el('option', { value: '', text: t('form.noDisposition') }),
    dispositions.map((item) => el('option', { value: item.code, text: labelOf(item) })));
  select.value = dispositions.some((item) => item.code === value) ? value : '';
}

async function file(id, form) {
  const submit = form.querySelector('[type=submit]');
  if (submit.disabled) return;
  submit.disabled = true;
  const { disposition, note, followUpAt } = form.elements;
  const values = {
    id,
    disposition: disposition.value || null,
    note: note.value.trim() || null,
    followUpAt: followUpAt.value ? new Date(followUpAt.value).toISOString() : null,
  };
  const payload = await trying(() => change(END, values));
  submit.disabled = false;
  if (!payload) return;
  forgetCallForm(id);
  notify(t('form.filed'), 'good');
  byId('call-title').focus();
  for (const act of listeners) act(id);
}

/** An instant as the field for local times wants it. */
function localTime(instant) {
  if (!instant) return '';
  const date = new Date(instant);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function prepareCallForms() {
  onLanguage(() => forms.forEach(fillOptions));
}
