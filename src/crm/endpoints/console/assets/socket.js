// A small graphql-transport-ws client. Subscriptions outlive connections: each is taken up again after its last cursor.

const PROTOCOL = 'graphql-transport-ws';
const PING_EVERY = 10_000;
const SILENCE = 25_000;
const LONGEST_START = 10_000;
const LONGEST_WAIT = 30_000;
const SIGNED_OUT = 4403;
const RESTARTING = 1012;
const CROWDED = new Set([1013, 4429]);

/**
 * @typedef {object} Subscription
 * @property {string} document takes `$after` and answers one root field with `cursor`
 * @property {(event: object, hidden: string[]) => void} onEvent
 * @property {() => void} onGap what happened meanwhile is not going to be told: fetch it
 * @property {(code: string) => void} [onRefused] the server will not serve this one
 * @property {string|null} [cursor]
 */

export class LiveSocket {
  /** @param {{url: string, token: string, onState: (state: string) => void, onSignedOut: () => void}} options */
  constructor({ url, token, onState, onSignedOut }) {
    Object.assign(this, { url, token, onState, onSignedOut });
    /** @type {Subscription[]} */
    this.subscriptions = [];
    this.running = new Map();
    this.attempts = 0;
    this.number = 0;
    this.stopped = false;
    this.online = () => this.connect();
    this.offline = () => this.drop();
    this.awake = () => { if (document.visibilityState === 'visible' && this.waiting) this.connect(); };
  }

  /** @param {Subscription} subscription before `start` */
  subscribe(subscription) {
    this.subscriptions.push({ cursor: null, refused: false, ...subscription });
  }

  start() {
    addEventListener('online', this.online);
    addEventListener('offline', this.offline);
    document.addEventListener('visibilitychange', this.awake);
    this.connect();
  }

  stop() {
    this.stopped = true;
    removeEventListener('online', this.online);
    removeEventListener('offline', this.offline);
    document.removeEventListener('visibilitychange', this.awake);
    this.forget();
  }

  connect() {
    if (this.stopped || this.socket) return;
    clearTimeout(this.waiting);
    this.waiting = null;
    if (navigator.onLine === false) {
      this.onState('offline');
      return;
    }
    this.onState(this.everConnected || this.attempts ? 'reconnecting' : 'connecting');
    const socket = new WebSocket(this.url, PROTOCOL);
    this.socket = socket;
    // Frames of a connection that was given up are nobody's.
    const ours = (act) => (event) => { if (this.socket === socket) act(event); };
    socket.onopen = ours(() => this.send({ type: 'connection_init', payload: { authorization: `Bearer ${this.token}` } }));
    socket.onmessage = ours((event) => this.hear(event.data));
    socket.onclose = ours((event) => this.closed(event.code));
    this.starting = setTimeout(ours(() => this.giveUp()), LONGEST_START);
  }

  hear(text) {
    this.heardAt = performance.now();
    const message = JSON.parse(text);
    const subscription = this.running.get(message.id);
    if (message.type === 'connection_ack') this.acknowledged();
    else if (message.type === 'ping') this.send({ type: 'pong' });
    else if (!subscription) return;
    else if (message.type === 'next') this.take(subscription, message.payload);
    else if (message.type === 'error') this.failed(message.id, subscription, message.payload);
    else if (message.type === 'complete') this.again(message.id, subscription, 1000);
  }

  acknowledged() {
    clearTimeout(this.starting);
    this.attempts = 0;
    this.everConnected = true;
    this.pinging = setInterval(() => this.ping(), PING_EVERY);
    for (const subscription of this.subscriptions) this.begin(subscription);
    this.onState('connected');
  }

  begin(subscription) {
    if (subscription.refused) return;
    const id = String(this.number += 1);
    this.running.set(id, subscription);
    const payload = { query: subscription.document, variables: { after: subscription.cursor } };
    this.send({ type: 'subscribe', id, payload });
    // Without a cursor nothing before this moment is told: what is there already has to be asked for, once we are listening.
    if (!subscription.cursor) setTimeout(subscription.onGap, 250);
  }

  take(subscription, { data, errors = [] }) {
    const event = data && Object.values(data)[0];
    if (!event) {
      // An event we could not read is still one we know of no more about: look for ourselves.
      subscription.onGap();
      return;
    }
    subscription.cursor = event.cursor;
    subscription.onEvent(event, errors.map((error) => (error.path ?? []).join('.')));
  }

  failed(id, subscription, errors) {
    const { code, cursor } = errors?.[0]?.extensions ?? {};
    if (code === 'HISTORY_GONE') {
      this.running.delete(id);
      subscription.cursor = cursor ?? null;
      this.begin(subscription);
      if (subscription.cursor) subscription.onGap();
    } else if (code === 'UNAUTHENTICATED') {
      this.signedOut();
    } else if (code === 'INTERNAL' || code === 'RATE_LIMITED') {
      this.again(id, subscription, 5000);
    } else {
      this.running.delete(id);
      subscription.refused = true;
      subscription.onRefused?.(code ?? 'INTERNAL');
    }
  }

  again(id, subscription, delay) {
    this.running.delete(id);
    const { socket } = this;
    setTimeout(() => { if (this.socket === socket && !this.stopped) this.begin(subscription); }, delay);
  }

  closed(code) {
    this.forget();
    if (code === SIGNED_OUT) {
      this.signedOut();
      return;
    }
    if (navigator.onLine === false) {
      this.onState('offline');
      return;
    }
    this.onState('reconnecting');
    const least = CROWDED.has(code) ? 5000 : 400;
    const longest = Math.min(LONGEST_WAIT, least * 2 ** this.attempts);
    // A restart sends everybody away at once: they must not all come back at once.
    const wait = code === RESTARTING ? Math.random() * 2000 : longest * (0.5 + Math.random() / 2);
    this.attempts += 1;
    this.waiting = setTimeout(() => this.connect(), wait);
  }

  signedOut() {
    this.stop();
    this.onSignedOut();
  }

  ping() {
    if (performance.now() - this.heardAt > SILENCE) this.giveUp();
    else this.send({ type: 'ping' });
  }

  giveUp() {
    this.closed(0);
  }

  drop() {
    this.forget();
    this.onState('offline');
  }

  forget() {
    clearTimeout(this.starting);
    clearTimeout(this.waiting);
    clearInterval(this.pinging);
    this.waiting = null;
    this.running.clear();
    const { socket } = this;
    this.socket = null;
    socket?.close(1000);
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
