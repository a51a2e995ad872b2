// The console's start: puts its parts together, signs in and out, and feeds the parts with what is pushed.

import { forgetAnnouncements, hearAnnouncement, loadAnnouncements, prepareAnnouncements } from './announcements.js';
import { onSignedOut } from './api.js';
import { loadDispositions, onFiled, prepareCallForms } from './callForm.js';
import { forgetCalls, hear, loadCalls } from './calls.js';
import { prepareCallView } from './callView.js';
import { prepareCustomerView, refreshParty, showParty } from './customerView.js';
import { LIVE_ANNOUNCEMENTS, LIVE_CALLS, LIVE_REMINDERS } from './documents.js';
import { byId, setText } from './dom.js';
import { currentLanguage, languageChosen, onLanguage, setLanguage, t } from './language.js';
import { explain, notify } from './notices.js';
import { loadAgents, preparePresence } from './presence.js';
import { prepareRecentCalls } from './recentCalls.js';
import { forgetReminders, hearReminder, loadReminders, prepareReminders } from './reminders.js';
import { prepareRinging } from './ringing.js';
import { isMuted, prepareRingtone, setMuted } from './ringtone.js';
import { forgetSession, loadMe, me, signOut, token } from './session.js';
import { hideSignIn, prepareSignIn, showSignIn } from './signIn.js';
import { LiveSocket } from './socket.js';

let socket = null;
let connection = 'offline';

/** Load a part; what it may not have it says itself, a network that is away is seen by the connection's state. */
const load = (act) => act().catch((error) => {
  if (!('code' in error)) throw error;
  if (!['UNREACHABLE', 'UNAUTHENTICATED', 'FORBIDDEN'].includes(error.code)) notify(explain(error));
});

async function enter() {
  await loadMe();
  if (!languageChosen() && me().locale) setLanguage(me().locale);
  setText(byId('me'), me().displayName);
  setText(byId('my-extension'), me().extension ?? '');
  hideSignIn();
  byId('call-title').focus();
  listen();
  await Promise.all([loadCalls, loadAgents, loadDispositions, loadAnnouncements, loadReminders].map(load));
}

function leave(reason) {
  socket?.stop();
  socket = null;
  forgetSession();
  forgetCalls();
  forgetAnnouncements();
  forgetReminders();
  showParty(null);
  showSignIn(reason);
}

function listen() {
  const { protocol, host } = location;
  socket = new LiveSocket({
    url: `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/graphql`,
    token: token(),
    onState: showConnection,
    onSignedOut: () => leave('signIn.expired'),
  });
  const subscribe = (document, onEvent, act) => socket.subscribe({ document, onEvent, onGap: () => load(act) });
  subscribe(LIVE_CALLS, ({ call }) => hear(call), loadCalls);
  subscribe(LIVE_ANNOUNCEMENTS, ({ announcement }) => hearAnnouncement(announcement), loadAnnouncements);
  subscribe(LIVE_REMINDERS, ({ reminder }) => hearReminder(reminder), loadReminders);
  socket.start();
}

function showConnection(state) {
  if (state === 'connected' && connection !== 'connected' && me()) load(loadAgents);
  connection = state;
  byId('connection').dataset.state = state;
  setText(byId('connection-text'), t(`connection.${state}`));
}

function showSettings() {
  const language = currentLanguage();
  for (const node of document.querySelectorAll('[data-language]')) {
    node.setAttribute('aria-pressed', String(node.dataset.language === language));
  }
  const mute = byId('mute');
  mute.setAttribute('aria-pressed', String(isMuted()));
  setText(byId('connection-text'), t(`connection.${connection}`));
}

function prepare() {
  const parts = [prepareRingtone, preparePresence, prepareCallForms, prepareCallView, prepareCustomerView, prepareRinging,
    prepareRecentCalls, prepareAnnouncements, prepareReminders];
  for (const part of parts) part();
  for (const node of document.querySelectorAll('[data-language]')) {
    node.addEventListener('click', () => setLanguage(node.dataset.language, { keep: true }));
  }
  byId('mute').addEventListener('click', () => {
    setMuted(!isMuted());
    showSettings();
  });
  byId('sign-out').addEventListener('click', async () => {
    socket?.stop();
    await signOut();
    leave();
  });
  onSignedOut(() => leave('signIn.expired'));
  onLanguage(showSettings);
  onFiled(refreshParty);
  prepareSignIn(enter);
  setLanguage(currentLanguage());
}

async function start() {
  prepare();
  document.body.dataset.ready = 'true';
  if (!token()) {
    showSignIn();
    return;
  }
  try {
    await enter();
  } catch (error) {
    if (!('code' in error)) throw error;
    if (error.code === 'UNREACHABLE') showSignIn('error.UNREACHABLE');
    else leave('signIn.expired');
  }
}

start();
