// Words and numbers as people read them. The tables themselves come from the server.

import { _, language } from "./say.js";

// Digits stay Latin; India's languages group them by lakh and crore.
const LOCALE = language === "en" ? "en" : "en-IN";
const MONTHS = Array.from({ length: 12 }, (none, month) =>
  new Intl.DateTimeFormat(language, { month: "long" }).format(new Date(2000, month, 1)),
);

/**
 * 24 June 2024, March 2026 or 2026: as exact as the text is.
 * @param {string | null | undefined} text
 */
export function dateWords(text) {
  const found = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?/.exec(text ?? "");
  if (!found) return text ?? null;
  const [, year, month, day] = found;
  return [day && String(Number(day)), month && MONTHS[Number(month) - 1], year].filter(Boolean).join(" ");
}

/**
 * All digits as published, or rounded where the number is computed.
 * @param {number | null | undefined} value
 * @param {number} [decimals]
 */
export function numberWords(value, decimals = 20) {
  return value == null ? null : value.toLocaleString(LOCALE, { maximumFractionDigits: decimals });
}

/**
 * Hectares, from 1,000 on with square kilometres beside them.
 * @param {number | null | undefined} hectares
 */
export function areaWords(hectares) {
  if (hectares == null) return null;
  const text = _("%(number)s ha", { number: numberWords(hectares) });
  return hectares >= 1000 ? `${text} (${_("%(number)s km²", { number: numberWords(hectares / 100, 1) })})` : text;
}

/**
 * `rare-earth-elements` → Rare earth elements
 * @param {string | null | undefined} slug
 */
export function slugWords(slug) {
  if (!slug) return null;
  const words = slug.replaceAll(/[-_]/g, " ").replace("e waste", "e-waste");
  return _(words[0].toUpperCase() + words.slice(1));
}

/**
 * @param {Record<string, any>} words
 * @param {string | null | undefined} status
 */
export function statusWords(words, status) {
  return words.status[status ?? ""] ?? slugWords(status);
}

/**
 * How a point's symbol is filled; a collection without statuses is simply there.
 * @param {Record<string, any>} words
 * @param {Record<string, any>} properties
 */
export function fillOf(words, properties) {
  if (!("status" in properties)) return "filled";
  return words.fill[properties.status] ?? "unverified";
}
