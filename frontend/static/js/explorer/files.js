// Files: how far a download has come is said while it comes. A large one is left to the browser, which can do better.

import { _ } from "../say.js";
import { numberWords } from "../words.js";

const LARGEST_BYTES = 60e6;

export function offerFiles() {
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement | null} */ (
      /** @type {Element} */ (event.target).closest?.("a[data-file]")
    );
    const said = link?.closest(".menu-body")?.querySelector(".file-progress");
    if (!link || !said || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void take(link, /** @type {HTMLElement} */ (said));
  });
}

/** @param {HTMLAnchorElement} link @param {HTMLElement} said */
async function take(link, said) {
  const title = link.dataset.file ?? "file";
  said.hidden = false;
  said.textContent = _("%(title)s: being made…", { title });
  try {
    const answer = await fetch(link.href);
    if (!answer.ok || !answer.body) throw new Error(await reason(answer));
    const length = Number(answer.headers.get("content-length")) || 0;
    if (length > LARGEST_BYTES) {
      void answer.body.cancel();
      said.textContent = _("%(title)s: handed over to the browser’s own downloads.", { title });
      location.assign(link.href);
      return;
    }
    const rows = answer.headers.get("x-row-count");
    const blob = await gather(answer, (got) => {
      said.textContent = length
        ? _("%(title)s: %(got)s of %(all)s", { title, got: sizeWords(got), all: sizeWords(length) })
        : _("%(title)s: %(got)s", { title, got: sizeWords(got) });
    });
    save(blob, nameOf(answer) ?? `blocks.${title}`);
    said.textContent = rows
      ? _("%(title)s: done, %(size)s, %(rows)s rows.", { title, size: sizeWords(blob.size), rows: numberWords(Number(rows)) })
      : _("%(title)s: done, %(size)s.", { title, size: sizeWords(blob.size) });
  } catch (error) {
    said.textContent = _("%(title)s: no file came. %(message)s", { title, message: /** @type {Error} */ (error).message || _("The portal could not be reached.") });
  }
}

/** @param {Response} answer */
async function reason(answer) {
  const problem = await answer.json().catch(() => ({}));
  return problem.detail ?? _("The portal answered %(status)s.", { status: answer.status });
}

/** @param {Response} answer @param {(got: number) => void} tell */
async function gather(answer, tell) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const parts = [];
  let got = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    got += value.length;
    tell(got);
  }
  return new Blob(/** @type {BlobPart[]} */ (parts), { type: answer.headers.get("content-type") ?? "" });
}

/** @param {Response} answer */
const nameOf = (answer) => /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1];

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  // This click is nobody's: no menu is to close at it.
  link.addEventListener("click", (event) => event.stopPropagation());
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {number} bytes */
const sizeWords = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
