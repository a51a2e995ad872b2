// Making and filling elements. Data only ever becomes text or an attribute, never markup.

import { t } from './language.js';

/** @param {string} id @returns {HTMLElement} */
export const byId = (id) => document.getElementById(id);

/**
 * Make an element. `say` and `label` name texts of the language (content and accessible name), `on` its listeners,
 * `data` its data attributes; all else is set as an attribute. `false`, null and undefined attributes are left out.
 * @param {string} tag @param {Record<string, any>} [properties] @param {...(Node|string|null|false|undefined|Array)} children
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === 'data') Object.assign(node.dataset, value);
    else if (name === 'say') { node.dataset.say = value; node.textContent = t(value); }
    else if (name === 'label') { node.dataset.label = value; node.setAttribute('aria-label', t(value)); }
    else if (name === 'text') node.textContent = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...present(children));
  return node;
}

// A button that is replaced between press and release never hears of its click: what is being pressed is left alone until then.
let pressed = null;
let release = null;
const waiting = new Map();
addEventListener('pointerdown', (event) => { clearTimeout(release); pressed = event.target; }, true);
addEventListener('click', () => { pressed = null; releaseAfter(0); }, true);
for (const end of ['pointerup', 'pointercancel', 'dragend']) addEventListener(end, () => releaseAfter(50), true);

function releaseAfter(milliseconds) {
  clearTimeout(release);
  release = setTimeout(released, milliseconds);
}

function released() {
  pressed = null;
  for (const [node, children] of [...waiting]) fill(node, ...children);
}

/** Replace what is in `node`; the keyboard's focus stays on what carries the same `data-focus`. */
export function fill(node, ...children) {
  waiting.delete(node);
  if (pressed && pressed !== node && node.contains(pressed)) {
    waiting.set(node, children);
    return;
  }
  const key = node.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  node.replaceChildren(...present(children));
  if (key) node.querySelector(`[data-focus="${CSS.escape(key)}"]`)?.focus();
}

/** A button that cannot be pressed again while its work is under way; without `say` it needs a `text`. */
export function button(say, act, properties = {}) {
  const node = el('button', { type: 'button', ...(say ? { say } : {}), ...properties });
  node.addEventListener('click', async () => {
    if (node.getAttribute('aria-disabled') === 'true') return;
    node.setAttribute('aria-disabled', 'true');
    try {
      await act(node);
    } finally {
      node.removeAttribute('aria-disabled');
    }
  });
  return node;
}

/** A label over its field. @param {string} say @param {HTMLElement} field with an id */
export function labelled(say, field) {
  return el('div', { class: 'field' }, el('label', { for: field.id, say }), field);
}

/** Set a text only if it differs, so that screen readers hear changes alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const signatures = new WeakMap();

/** Fill only if `signature` differs from the last time: an open list of choices would close. @param {() => any[]} make */
export function refill(node, signature, make) {
  const text = JSON.stringify(signature);
  if (signatures.get(node) === text) return;
  signatures.set(node, text);
  fill(node, make());
}

/** Have exactly `child` in `node`; one that is there already is not touched, so that typing into it goes on. */
export function place(node, child) {
  if (child && node.firstChild === child && node.childNodes.length === 1) return;
  fill(node, child);
}

const present = (children) => children.flat(3).filter((child) => child !== null && child !== undefined && child !== false);
