// Words and numbers as people read them. The tables themselves come from the server.

const MONTHS = "January February March April May June July August September October November December".split(" ");

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
  return value == null ? null : value.toLocaleString("en", { maximumFractionDigits: decimals });
}

/**
 * Hectares, from 1,000 on with square kilometres beside them.
 * @param {number | null | undefined} hectares
 */
export function areaWords(hectares) {
  if (hectares == null) return null;
  const text = `${numberWords(hectares)} ha`;
  return hectares >= 1000 ? `${text} (${numberWords(hectares / 100, 1)} km²)` : text;
}

/**
 * `rare-earth-elements` → Rare earth elements
 * @param {string | null | undefined} slug
 */
export function slugWords(slug) {
  if (!slug) return null;
  const words = slug.replaceAll(/[-_]/g, " ").replace("e waste", "e-waste");
  return words[0].toUpperCase() + words.slice(1);
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
