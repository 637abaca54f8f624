// Work in turns: what is read comes before what is drawn, and much that changes at once is drawn once.

const LONGEST_WAIT_MS = 200;
const TURN_MS = 8;

/** @returns {Promise<void>} after what else waits, such as a click, has had its turn */
export const turn = () => globalThis.scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));

/**
 * Work through a list. The first drawing of a map lets the reader in between; a later one is done in one go, so that
 * nothing flickers.
 * @template T
 * @param {any} map
 * @param {T[]} items
 * @param {(item: T) => void} work
 * @param {() => boolean} [isOver] there is no more need
 */
export async function inTurns(map, items, work, isOver = () => false) {
  const isFirst = !map.getContainer().dataset.ready;
  let began = performance.now();
  for (const item of items) {
    if (isOver()) return;
    work(item);
    if (!isFirst || performance.now() - began < TURN_MS) continue;
    await turn();
    began = performance.now();
  }
}

/** @returns {Promise<void>} when the page has been painted; of a page in a tab behind others, a little later */
export const firstPaint = () =>
  new Promise((done) => {
    setTimeout(done, LONGEST_WAIT_MS);
    requestAnimationFrame(() => setTimeout(done));
  });

/**
 * Say that what the map shows has changed: once, however many changes come in one go.
 * @param {any} map
 */
export function tellChange(map) {
  map.portal.telling ??= setTimeout(() => {
    map.portal.telling = null;
    map.fire("portal:change");
  });
}
