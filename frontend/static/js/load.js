// Features from the API, page after page.

import { _ } from "./say.js";

/**
 * @typedef {{type: "Feature", id: string, geometry: any, properties: Record<string, any>}} Feature
 */

const MOST_PAGES = 200;

/**
 * All features behind an items address.
 * @param {string} url
 * @param {(got: number, of: number | undefined) => void} [onProgress]
 * @param {string} [body] of the question, as a form, where it is too long for an address
 * @returns {Promise<Feature[]>}
 * @throws {Error} with words for people
 */
export async function loadFeatures(url, onProgress = () => {}, body = "") {
  const features = [];
  /** @type {string | null} */
  let next = url;
  for (let turn = 0; next && turn < MOST_PAGES; turn += 1) {
    const page = await getJson(next, body);
    features.push(...page.features);
    onProgress(features.length, page.numberMatched);
    next = nextAddress(page);
  }
  return features;
}

/** @param {string} url @param {string} [body] */
async function getJson(url, body) {
  let response;
  try {
    const headers = { Accept: "application/geo+json" };
    response = await (body
      ? fetch(url, { method: "POST", headers, body: new URLSearchParams(body) })
      : fetch(url, { headers }));
  } catch {
    throw new Error(_("the portal could not be reached"));
  }
  if (!response.ok) throw new Error(await describeFailure(response));
  try {
    return await response.json();
  } catch {
    throw new Error(_("the answer could not be read"));
  }
}

/** @param {Response} response */
async function describeFailure(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? _("the portal answered %(status)s", { status: response.status });
}

/**
 * The next page, on this host whatever name the server gives itself.
 * @param {any} body
 */
function nextAddress(body) {
  const link = (body.links ?? []).find((one) => one.rel === "next");
  if (!link) return null;
  const address = new URL(link.href, location.href);
  return address.pathname + address.search;
}
