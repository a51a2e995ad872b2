// The sign-in page.

import { byId, setText } from './dom.js';
import { t } from './language.js';
import { explain } from './notices.js';
import { signIn } from './session.js';

/** @param {() => Promise<void>} onSignedIn */
export function prepareSignIn(onSignedIn) {
  const form = byId('sign-in-form');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const submit = byId('sign-in-submit');
    if (submit.disabled) return;
    submit.disabled = true;
    tell('');
    try {
      await signIn(byId('username').value.trim(), byId('password').value);
      byId('password').value = '';
      await onSignedIn();
    } catch (error) {
      if (!('code' in error)) throw error;
      tell(wrong(error));
      byId('password').select();
    } finally {
      submit.disabled = false;
    }
  });
}

/** @param {string} [reason] the key of a text that says why one has to sign in again */
export function showSignIn(reason) {
  byId('console').hidden = true;
  byId('sign-in').hidden = false;
  tell(reason ? t(reason) : '');
  byId(byId('username').value ? 'password' : 'username').focus();
}

export function hideSignIn() {
  byId('sign-in').hidden = true;
  byId('console').hidden = false;
}

const tell = (text) => setText(byId('sign-in-error'), text);

function wrong(error) {
  return ['UNREACHABLE', 'RATE_LIMITED', 'INTERNAL'].includes(error.code) ? explain(error) : t('signIn.wrong');
}
