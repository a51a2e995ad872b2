// GraphQL over HTTP: one way to ask, one way to change, and errors that say of what sort they are.

import { heardFromServer } from './clock.js';

const LONGEST_ANSWER = 20_000;

/** Something the server (or the way to it) refused. `code` is one of the API's codes, or UNREACHABLE. */
export class ApiError extends Error {
  /** @param {string} code @param {string} message @param {{code: string, message: string, field?: string[]}[]} [userErrors] */
  constructor(code, message, userErrors = []) {
    super(message);
    this.code = code;
    this.userErrors = userErrors;
  }
}

const state = { token: null, onSignedOut: () => {} };

/** @param {string|null} token */
export const useToken = (token) => { state.token = token; };

/** @param {() => void} handler called when the server no longer knows our token */
export const onSignedOut = (handler) => { state.onSignedOut = handler; };

/**
 * Ask. Fields that are refused come back null and are named in `hidden`, so that half an answer can still be shown.
 * @param {string} document @param {object} [variables]
 * @returns {Promise<{data: object, hidden: Set<string>}>} `hidden`: paths without list positions, such as "party.contacts.nodes"
 */
export async function query(document, variables = {}) {
  const { data, errors = [] } = await send(document, variables);
  const others = errors.filter((error) => codeOf(error) !== 'FORBIDDEN');
  if (!data || others.length) {
    const [error] = others.length ? others : errors;
    throw new ApiError(error ? codeOf(error) : 'INTERNAL', error?.message ?? '');
  }
  return { data, hidden: new Set(errors.map((error) => pathOf(error))) };
}

/**
 * Change something. Refusals in `userErrors` are thrown like all others. A lost answer is asked for once more with the same key.
 * @param {string} document with one root field, which is returned @param {object} [variables]
 */
export async function mutate(document, variables = {}) {
  const keyed = document.includes('$key') ? { ...variables, key: randomKey() } : variables;
  const { data, errors = [] } = await send(document, keyed).catch(async (error) => {
    if (error.code !== 'UNREACHABLE' || keyed === variables) throw error;
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
    return send(document, keyed);
  });
  const payload = data && Object.values(data)[0];
  if (!payload) {
    throw new ApiError(errors.length ? codeOf(errors[0]) : 'INTERNAL', errors[0]?.message ?? '');
  }
  const refusals = payload.userErrors ?? [];
  if (refusals.length) throw new ApiError(refusals[0].code, refusals[0].message, refusals);
  return payload;
}

async function send(document, variables) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  if (state.token) headers.Authorization = `Bearer ${state.token}`;
  const body = JSON.stringify({ query: document, variables });
  const asked = Date.now();
  const signal = AbortSignal.timeout(LONGEST_ANSWER);
  const sent = state.token;
  let response;
  let answer;
  try {
    response = await fetch('/graphql', { method: 'POST', headers, body, signal, cache: 'no-store', credentials: 'omit' });
    answer = await response.json();
  } catch {
    throw new ApiError('UNREACHABLE', '');
  }
  heardFromServer(response.headers.get('Date'), asked, Date.now());
  if (response.status === 401) {
    if (sent && sent === state.token) state.onSignedOut();
    throw new ApiError('UNAUTHENTICATED', answer.errors?.[0]?.message ?? '');
  }
  if (!response.ok && !answer.errors) throw new ApiError('INTERNAL', '');
  return answer;
}

const codeOf = (error) => error.extensions?.code ?? 'INTERNAL';

const pathOf = (error) => (error.path ?? []).filter((step) => typeof step === 'string').join('.');

/** `crypto.randomUUID` exists on secure origins only; a desk in a local network may have none. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
