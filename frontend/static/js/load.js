// Features from the API, page after page.

/**
 * @typedef {{type: "Feature", id: string, geometry: any, properties: Record<string, any>}} Feature
 */

const MOST_PAGES = 200;

/**
 * All features behind an items address.
 * @param {string} url
 * @param {(got: number, of: number | undefined) => void} [onProgress]
 * @returns {Promise<Feature[]>}
 * @throws {Error} with words for people
 */
export async function loadFeatures(url, onProgress = () => {}) {
  const features = [];
  /** @type {string | null} */
  let next = url;
  for (let page = 0; next && page < MOST_PAGES; page += 1) {
    const body = await getJson(next);
    features.push(...body.features);
    onProgress(features.length, body.numberMatched);
    next = nextAddress(body);
  }
  return features;
}

/** @param {string} url */
async function getJson(url) {
  let response;
  try {
    response = await fetch(url, { headers: { Accept: "application/geo+json" } });
  } catch {
    throw new Error("the portal could not be reached");
  }
  if (!response.ok) throw new Error(await describeFailure(response));
  try {
    return await response.json();
  } catch {
    throw new Error("the answer could not be read");
  }
}

/** @param {Response} response */
async function describeFailure(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? `the portal answered ${response.status}`;
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
