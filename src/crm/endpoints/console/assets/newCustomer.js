// The form that turns an unknown number into a customer with a contact. One per call, so that what was typed survives the claim.

import { change } from './calls.js';
import { showParty } from './customerView.js';
import { CREATE_CUSTOMER } from './documents.js';
import { byId, el, labelled } from './dom.js';
import { t } from './language.js';
import { notify, trying } from './notices.js';

const boxes = new Map();

/** @param {object} call @returns {HTMLDetailsElement} the same one for the same call */
export function newCustomerBox(call) {
  if (!boxes.has(call.id)) {
    const summary = el('summary', { say: 'newCustomer.title', data: { focus: `new-${call.id}` } });
    boxes.set(call.id, el('details', { class: 'new-customer' }, summary, make(call.id)));
  }
  return boxes.get(call.id);
}

/** @param {string} id */
export const forgetNewCustomerBox = (id) => { boxes.delete(id); };

function make(id) {
  const field = (name, options = {}) => el('input',
    { id: `${name}-${id}`, name, type: 'text', autocomplete: 'off', maxlength: 100, ...options });
  const name = field('name', { required: true, maxlength: 200 });
  const contactName = field('contactName');
  const title = field('title');
  const submit = el('button', { type: 'submit', say: 'newCustomer.create', data: { act: 'create-customer' } });
  const form = el('form', { label: 'newCustomer.title', data: { form: 'new-customer' } },
    labelled('newCustomer.name', name),
    el('div', { class: 'pair' }, labelled('newCustomer.contactName', contactName), labelled('newCustomer.contactTitle', title)),
    submit);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    const values = { id, name: name.value.trim(), contactName: contactName.value.trim() || null, title: title.value.trim() || null };
    const payload = await trying(() => change(CREATE_CUSTOMER, values));
    submit.disabled = false;
    if (!payload) return;
    notify(t('newCustomer.created', { name: values.name }), 'good');
    if (payload.customer) showParty(payload.customer.id);
    byId('customer-title').focus();
  });
  return form;
}
