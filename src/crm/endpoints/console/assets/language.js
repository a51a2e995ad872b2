// The language of the screen: which one, its words, and its ways of writing times and amounts.

import { TEXTS } from './texts.js';

const KEPT = 'crm.language';
const LOCALES = { zh: 'zh-CN', en: 'en-GB' };

let language = known(localStorage.getItem(KEPT)) ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
const listeners = new Set();

function known(name) {
  return name in TEXTS ? name : null;
}

export const currentLanguage = () => language;

/** Whether the person has chosen one on this computer. */
export const languageChosen = () => known(localStorage.getItem(KEPT)) !== null;

/** @param {string} name "zh" or "en"; a locale such as "zh-CN" will do @param {{keep?: boolean}} [options] */
export function setLanguage(name, { keep = false } = {}) {
  const found = known(name.slice(0, 2));
  if (!found) return;
  if (keep) localStorage.setItem(KEPT, found);
  language = found;
  document.documentElement.lang = LOCALES[language];
  document.title = t('app.title');
  translate(document.body);
  for (const act of listeners) act();
}

/** @param {() => void} act called after the language has changed */
export const onLanguage = (act) => { listeners.add(act); };

/** A text by its key, `{name}` replaced. @param {string} key @param {Record<string, string|number>} [values] */
export function t(key, values = {}) {
  const text = TEXTS[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** The text of an enum's value; an unknown one shows as it is. @param {string} group @param {string|null} value */
export function tOf(group, value) {
  if (!value) return '';
  return TEXTS[language][`${group}.${value}`] ?? value.toLowerCase().replaceAll('_', ' ');
}

/** Put the language's words on everything below `root` that names its text. @param {HTMLElement} root */
export function translate(root) {
  for (const node of root.querySelectorAll('[data-say]')) node.textContent = t(node.dataset.say);
  for (const node of root.querySelectorAll('[data-label]')) node.setAttribute('aria-label', t(node.dataset.label));
}

/** An option's label. @param {{labelZh: string, labelEn: string}|null} item */
export const labelOf = (item) => (item ? (language === 'zh' ? item.labelZh : item.labelEn) || item.labelZh : '');

/** @param {string|null} instant */
export function formatInstant(instant) {
  if (!instant) return '';
  const date = new Date(instant);
  const sameDay = date.toDateString() === new Date().toDateString();
  const sameYear = date.getFullYear() === new Date().getFullYear();
  const day = sameDay ? {} : { month: 'short', day: 'numeric', ...(sameYear ? {} : { year: 'numeric' }) };
  return new Intl.DateTimeFormat(LOCALES[language], { ...day, hour: '2-digit', minute: '2-digit' }).format(date);
}

/** @param {string|null} day such as 2027-03-01 */
export function formatDay(day) {
  if (!day) return '';
  const [year, month, date] = day.split('-').map(Number);
  const options = { year: 'numeric', month: 'short', day: 'numeric' };
  return new Intl.DateTimeFormat(LOCALES[language], options).format(new Date(year, month - 1, date));
}

/** @param {string|null} amount a decimal as text, so that no digit is lost @param {string|null} [currency] */
export function formatAmount(amount, currency) {
  if (amount === null || amount === undefined) return '';
  const money = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' };
  try {
    return new Intl.NumberFormat(LOCALES[language], currency ? money : {}).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

/** Minutes and seconds, as a telephone shows them. @param {number} seconds */
export function formatLength(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return (parts[0] ? parts : parts.slice(1)).map((part) => String(part).padStart(2, '0')).join(':');
}
