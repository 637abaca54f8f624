// Symbols of points, drawn on a 24 by 24 field: a body that the status fills, a glyph on it, a cross where closed.

const BODIES = {
  factory:
    '<rect class="body" x="2.5" y="2.5" width="19" height="19" rx="2"/>' +
    '<path class="glyph" d="M6.5 17.5v-7l4 3v-3l4 3V6.5h3v11z"/>',
  star: '<path class="body" d="M12 1.8l3 6.6 7.2.8-5.4 4.8 1.6 7.1L12 17.4l-6.4 3.7 1.6-7.1L1.8 9.2 9 8.4z"/>',
  anchor:
    '<path class="body" d="M12 1.5l9.5 6.9-3.6 11.7H6.1L2.5 8.4z"/>' +
    '<path class="glyph" d="M12 9v8.5M9.5 10.5h5M7.5 13.5c.5 2.7 2.2 4 4.5 4s4-1.3 4.5-4"/>' +
    '<circle class="glyph" cx="12" cy="7.3" r="1.5"/>',
  diamond: '<path class="body" d="M12 4.5l7.5 7.5-7.5 7.5L4.5 12z"/>',
  drill: '<path class="body" d="M12 2l10.5 19h-21z"/><path class="glyph" d="M12 9.5v8.5M9 15l3 3 3-3"/>',
  circle: '<circle class="body" cx="12" cy="12" r="7"/>',
  shaft: '<path class="body" d="M3.5 21.5v-11L12 3l8.5 7.5v11z"/><path class="glyph" d="M12 9.5v8.5M8.5 13h7"/>',
};
const CROSS = '<path class="cross" d="M2 2l20 20M22 2L2 22"/>';

/**
 * @param {string} icon one of BODIES
 * @param {string} fill filled, half, hollow, done, unverified, crossed or status
 * @param {string} [status] for fill `status`: whose colour it is
 * @returns {string} SVG made of constants and of words from the server's own tables
 */
export function symbol(icon, fill, status) {
  const classes = ["symbol", `fill-${fill}`];
  if (fill === "status") classes.push(`status-${status}`);
  return `<svg class="${classes.join(" ")}" viewBox="0 0 24 24" aria-hidden="true">${BODIES[icon]}${CROSS}</svg>`;
}

/**
 * A square as the blocks are filled.
 * @param {string} classes
 */
export function swatch(classes) {
  return (
    `<svg class="swatch" viewBox="0 0 16 16" aria-hidden="true"><rect class="shape ${classes}" ` +
    'x="1" y="1" width="14" height="14" rx="2"/></svg>'
  );
}
