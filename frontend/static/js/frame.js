// The page's frame: theme and menu. A classic script in the head, so that a chosen theme is there before the first
// paint.
(() => {
  const root = document.documentElement;
  const KEY = "khanij-theme";
  const THEMES = ["auto", "light", "dark"];

  /** The theme chosen earlier; storage may be closed to us. */
  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };

  /** @param {string} theme */
  const remember = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Then the choice holds for this page only.
    }
  };

  /** @param {string} theme */
  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  // A theme that the address asks for stands in the HTML already and wins over the one chosen earlier.
  const asked = root.dataset.theme;
  const earlier = stored() ?? "";
  const chosen = asked || (THEMES.includes(earlier) ? earlier : "auto");
  show(chosen);
  root.classList.add("js");

  // Links of the page carry the language of its address already; those that scripts make are given it here.
  const language = new URL(location.href).searchParams.get("lang");
  const FOR_PROGRAMS = /^\/(api|download|feeds|static)(\/|$)|\.(json|geojson|csv|qlr)$/;
  if (language) {
    for (const kind of ["click", "auxclick", "contextmenu"]) {
      document.addEventListener(
        kind,
        ({ target }) => {
          const link = target instanceof Element ? /** @type {HTMLAnchorElement | null} */ (target.closest("a[href^='/']")) : null;
          if (!link || FOR_PROGRAMS.test(link.pathname)) return;
          const address = new URL(link.href);
          if (address.searchParams.has("lang")) return;
          const mark = address.search ? "&" : "?";
          link.setAttribute("href", `${address.pathname}${address.search}${mark}lang=${encodeURIComponent(language)}${address.hash}`);
        },
        true,
      );
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const select = /** @type {HTMLSelectElement | null} */ (document.getElementById("theme"));
    if (select) {
      select.value = chosen;
      select.addEventListener("change", () => {
        show(select.value);
        remember(select.value);
      });
    }
    const button = document.getElementById("menu-button");
    const menu = document.getElementById("menu");
    if (!button || !menu) return;
    button.addEventListener("click", () => {
      const open = menu.classList.toggle("is-open");
      button.setAttribute("aria-expanded", String(open));
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.classList.remove("is-open");
      button.setAttribute("aria-expanded", "false");
      button.focus();
    });
  });
})();
