// The words of the screen, by language. Both have the same keys.

import en from './textsEn.js';
import zh from './textsZh.js';

/** @type {Record<string, Record<string, string>>} */
export const TEXTS = { zh, en };
