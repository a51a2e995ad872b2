// A short ring made of two tones. Browsers let a page sound only after somebody has touched it; before that it stays silent.

const KEPT = 'crm.muted';
const EVERY = 3000;
const LOUDNESS = 0.12;

let context = null;
let timer = null;
let muted = localStorage.getItem(KEPT) === 'yes';

/** Begin to wait for the first touch or key. */
export function prepareRingtone() {
  const unlock = () => {
    context ??= new AudioContext();
    context.resume().catch(() => {});
  };
  for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, unlock, { once: true, capture: true });
}

export const isMuted = () => muted;

/** @param {boolean} wanted */
export function setMuted(wanted) {
  muted = wanted;
  localStorage.setItem(KEPT, muted ? 'yes' : 'no');
}

/** Ring until told otherwise. */
export function startRinging() {
  if (timer !== null) return;
  ring();
  timer = setInterval(ring, EVERY);
}

export function stopRinging() {
  clearInterval(timer);
  timer = null;
}

function ring() {
  if (muted || context?.state !== 'running') return;
  tone(659, 0);
  tone(523, 0.28);
}

function tone(frequency, after) {
  const begin = context.currentTime + after;
  const oscillator = new OscillatorNode(context, { frequency });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.5);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(begin);
  oscillator.stop(begin + 0.55);
}
