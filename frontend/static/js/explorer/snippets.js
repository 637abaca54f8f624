// A button on each snippet that copies its text. Where the browser keeps the clipboard closed, the text is selected.

import { _ } from "../say.js";

const SAID_MS = 2000;

export function addSnippets() {
  for (const pre of document.querySelectorAll(".snippet pre")) {
    if (pre.nextElementSibling?.tagName === "BUTTON") continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = _("Copy");
    button.setAttribute("aria-describedby", `${pre.id}-title`);
    button.addEventListener("click", async () => {
      button.textContent = await copy(/** @type {HTMLElement} */ (pre));
      setTimeout(() => (button.textContent = _("Copy")), SAID_MS);
    });
    pre.after(button);
  }
}

/** @param {HTMLElement} box */
async function copy(box) {
  try {
    await navigator.clipboard.writeText(box.textContent ?? "");
    return _("Copied");
  } catch {
    const range = document.createRange();
    range.selectNodeContents(box);
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(range);
    return _("Selected");
  }
}
