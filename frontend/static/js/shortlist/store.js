// What the shortlist holds, on this device: localStorage, in step between tabs. Where storage is closed to us the list
// lasts as long as the page.

/**
 * @typedef {{id: string, name: string}} Entry
 */

export const KEY = "khanij.shortlist";
export const MOST = 50;
const LONGEST = 200;

/** The list while storage is closed. @type {Entry[] | null} */
let unsaved = null;
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Entry[]} */
export function list() {
  return unsaved ?? parse(read());
}

/** @param {string} id */
export function has(id) {
  return list().some((entry) => entry.id === id);
}

/** False where the list goes with the page. */
export function isKept() {
  return unsaved === null;
}

/**
 * Adds at the end what is not there yet, as long as there is room.
 * @param {Entry[]} entries
 * @returns {Entry[]} those that were added
 */
export function add(entries) {
  const held = list();
  const ids = new Set(held.map(({ id }) => id));
  const added = clean(entries)
    .filter(({ id }) => !ids.has(id))
    .slice(0, Math.max(0, MOST - held.length));
  if (added.length) write([...held, ...added]);
  return added;
}

/** @param {string} id */
export function remove(id) {
  write(list().filter((entry) => entry.id !== id));
}

/** @returns {Entry[]} what was there */
export function clear() {
  const held = list();
  write([]);
  return held;
}

/**
 * Takes over names that have changed.
 * @param {Map<string, string>} names by id
 */
export function rename(names) {
  const held = list();
  if (held.every(({ id, name }) => (names.get(id) ?? name) === name)) return;
  write(held.map(({ id, name }) => ({ id, name: names.get(id) ?? name })));
}

/**
 * Calls back whenever the list changes, here or in another tab.
 * @param {() => void} listener
 */
export function onChange(listener) {
  listeners.add(listener);
}

/** The text kept; null where there is none, or where storage is closed to us. */
function read() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    unsaved ??= [];
    return null;
  }
}

/** @param {Entry[]} entries */
function write(entries) {
  try {
    localStorage.setItem(KEY, JSON.stringify(entries));
    unsaved = null;
  } catch {
    unsaved = entries;
  }
  tell();
}

/**
 * Whatever stands there, as entries; what is none is passed over.
 * @param {string | null} text
 * @returns {Entry[]}
 */
function parse(text) {
  if (!text) return [];
  try {
    const value = JSON.parse(text);
    return Array.isArray(value) ? clean(value).slice(0, MOST) : [];
  } catch {
    return [];
  }
}

/**
 * @param {any[]} values
 * @returns {Entry[]} each id once; an id with a comma could not stand in a list of ids
 */
function clean(values) {
  /** @type {Map<string, Entry>} */
  const found = new Map();
  for (const value of values) {
    const id = typeof value === "string" ? value : value?.id;
    if (typeof id !== "string" || !id.trim() || id.length > LONGEST || id.includes(",") || found.has(id)) continue;
    const name = typeof value?.name === "string" && value.name.trim() ? value.name.slice(0, LONGEST) : id;
    found.set(id, { id, name });
  }
  return [...found.values()];
}

function tell() {
  for (const listener of listeners) listener();
}

addEventListener("storage", (event) => {
  // A key of null: everything was cleared at once.
  if (event.key !== KEY && event.key !== null) return;
  unsaved = null;
  tell();
});

// A page that comes back from the browser's memory has heard of nothing while it lay there.
addEventListener("pageshow", (event) => {
  if (event.persisted) tell();
});
