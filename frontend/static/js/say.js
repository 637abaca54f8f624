// The words of scripts in the reader's language. A page in another language than English brings a table of them before
// any module runs; `make messages` finds the texts by the names of these two functions.

/** @type {Record<string, string | string[]>} */
const TABLE = globalThis.khanijWords ?? {};

/** The language of the page, as BCP 47 has it. */
export const language = document.documentElement.lang || "en";

/**
 * The address of a question whose answer's words are shown as they come, which are English where it names no language.
 * @param {string} address
 * @returns {string}
 */
export const inLanguage = (address) =>
  language === "en" ? address : `${address}${address.includes("?") ? "&" : "?"}lang=${language}`;

/**
 * The text in the reader's language, its `%(name)s` filled; a `%` of its own is written `%%`.
 * @param {string} text
 * @param {Record<string, unknown>} [values]
 * @returns {string}
 */
export function _(text, values = {}) {
  const found = TABLE[text] ?? text;
  return fill(Array.isArray(found) ? found[0] : found, values);
}

/**
 * The text for so many of a thing; `%(num)s` is filled with the number.
 * @param {string} one
 * @param {string} many
 * @param {number} num
 * @param {Record<string, unknown>} [values]
 * @returns {string}
 */
export function ngettext(one, many, num, values = {}) {
  const found = TABLE[one];
  const forms = Array.isArray(found) ? found : [one, many];
  return fill(forms[num === 1 ? 0 : 1], { num, ...values });
}

/**
 * @param {string} text
 * @param {Record<string, unknown>} values
 */
function fill(text, values) {
  return text.replaceAll(/%\((\w+)\)s|%%/g, (all, name) => (name ? String(values[name]) : "%"));
}
