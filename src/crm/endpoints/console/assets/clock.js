// The server's time, as near as its answers tell it: countdowns must end when the server says, not when this desk's clock does.

const TOLERATED = 2000;

let offset = 0;
let bestTrip = Infinity;

/** @param {string|null} date the answer's Date header, in whole seconds @param {number} asked @param {number} answered */
export function heardFromServer(date, asked, answered) {
  const told = Date.parse(date ?? '');
  const trip = answered - asked;
  if (Number.isNaN(told) || trip > bestTrip) return;
  bestTrip = trip;
  const difference = told + 500 - (asked + answered) / 2;
  offset = Math.abs(difference) > TOLERATED ? difference : 0;
}

/** Milliseconds since 1970 on the server's clock. */
export const now = () => Date.now() + offset;

/** @param {string|null|undefined} instant @returns {number} seconds from now until then, negative when it is past */
export const secondsUntil = (instant) => (Date.parse(instant ?? '') - now()) / 1000;

const every = new Set();
setInterval(() => { for (const act of every) act(); }, 500);

/** Run `act` twice a second. @param {() => void} act */
export const onTick = (act) => { every.add(act); };
