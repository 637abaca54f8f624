// A button on each snippet that copies its text. Where the browser keeps the clipboard closed, the text is selected.
(() => {
  const SAID_MS = 2000;

  /**
   * The text in the reader's language; say.js has the same for modules.
   * @param {string} text
   */
  const _ = (text) => String(globalThis.khanijWords?.[text] ?? text);

  /** @param {HTMLElement} box */
  const select = (box) => {
    const range = document.createRange();
    range.selectNodeContents(box);
    const selection = getSelection();
    selection?.removeAllRanges();
    selection?.addRange(range);
  };

  /**
   * @param {HTMLElement} box
   * @returns {Promise<string>} what was done
   */
  const copy = async (box) => {
    try {
      await navigator.clipboard.writeText(box.textContent ?? "");
      return _("Copied");
    } catch {
      select(box);
      return _("Selected");
    }
  };

  for (const pre of document.querySelectorAll(".snippet pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = _("Copy");
    button.setAttribute("aria-describedby", pre.id);
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      const done = await copy(/** @type {HTMLElement} */ (pre));
      button.textContent = said.textContent = done;
      setTimeout(() => {
        button.textContent = _("Copy");
        said.textContent = "";
      }, SAID_MS);
    });
    pre.after(button, said);
  }

  // A table goes to the clipboard as spreadsheets take it: a tab between cells, a line for each row.
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button[data-copies]"))) {
    const table = /** @type {HTMLTableElement | null} */ (document.getElementById(button.dataset.copies ?? ""));
    if (!table) continue;
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent?.trim()).join("\t"));
      let done = _("Copied");
      try {
        await navigator.clipboard.writeText(rows.join("\n"));
      } catch {
        table.closest("details")?.setAttribute("open", "");
        select(table);
        done = _("Selected");
      }
      button.textContent = done;
      setTimeout(() => (button.textContent = words), SAID_MS);
    });
  }

  // A document that is made when it is asked for: the page stays, and says when it could not be made.
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("a[data-made-slowly]"))) {
    const said = document.getElementById("made-slowly");
    link.addEventListener("click", async (event) => {
      if (!said || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      said.textContent = _("The document is being made …");
      try {
        const response = await fetch(link.href, { headers: { Accept: "application/pdf, application/problem+json" } });
        if (!response.ok) throw new Error(response.status === 503 ? _("The document could not be made just now.") : _("The document could not be fetched."));
        const made = URL.createObjectURL(await response.blob());
        const named = response.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1];
        const file = named ?? new URL(link.href).pathname.split("/").pop() ?? "document.pdf";
        Object.assign(document.createElement("a"), { href: made, download: file }).click();
        setTimeout(() => URL.revokeObjectURL(made), 60_000);
        said.textContent = _("Saved.");
      } catch (error) {
        said.textContent = `${/** @type {Error} */ (error).message} ${_("The page has all that it would show; try again later.")}`;
      }
    });
  }
})();
