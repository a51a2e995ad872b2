// Who is signed in. The token lives in this tab's session storage and nowhere else: closing the tab forgets it.

import { mutate, query, useToken } from './api.js';
import { ME, SIGN_IN, SIGN_OUT } from './documents.js';

const KEPT = 'crm.token';

/** @type {{token: string|null, me: {id: string, username: string, displayName: string, extension: string|null, locale: string}|null}} */
const session = { token: sessionStorage.getItem(KEPT), me: null };
useToken(session.token);

export const token = () => session.token;
export const me = () => session.me;

/** @param {{id: string}|null|undefined} user */
export const isMe = (user) => Boolean(user && session.me && user.id === session.me.id);

/** @param {string} username @param {string} password */
export async function signIn(username, password) {
  useToken(null);
  const payload = await mutate(SIGN_IN, { username, password });
  session.token = payload.token;
  sessionStorage.setItem(KEPT, payload.token);
  useToken(payload.token);
}

/** Learn who the token belongs to. */
export async function loadMe() {
  const { data } = await query(ME);
  session.me = { ...data.me, id: data.me.user.id, username: data.me.user.username };
}

/** End the session on the server too; without an answer it is at least forgotten here. */
export async function signOut() {
  const ending = mutate(SIGN_OUT).catch(() => {});
  await Promise.race([ending, new Promise((resolve) => { setTimeout(resolve, 3000); })]);
  forgetSession();
}

export function forgetSession() {
  sessionStorage.removeItem(KEPT);
  Object.assign(session, { token: null, me: null });
  useToken(null);
}
