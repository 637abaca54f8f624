// One polite live region for all that the shortlist has to say.

const box = document.createElement("p");
box.className = "visually-hidden";
box.setAttribute("role", "status");
// It stands there before it says anything: what is there from the start is not read out.
document.body.append(box);

/** @param {string} text */
export function say(text) {
  box.textContent = text;
}
