// A button on each snippet that copies its text. Where the browser keeps the clipboard closed, the text is selected.
(() => {
  const SAID_MS = 2000;

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
      return "Copied";
    } catch {
      select(box);
      return "Selected";
    }
  };

  for (const pre of document.querySelectorAll(".snippet pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-describedby", pre.id);
    const said = document.createElement("span");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      const done = await copy(/** @type {HTMLElement} */ (pre));
      button.textContent = said.textContent = done;
      setTimeout(() => {
        button.textContent = "Copy";
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
      let done = "Copied";
      try {
        await navigator.clipboard.writeText(rows.join("\n"));
      } catch {
        table.closest("details")?.setAttribute("open", "");
        select(table);
        done = "Selected";
      }
      button.textContent = done;
      setTimeout(() => (button.textContent = words), SAID_MS);
    });
  }
})();
