// Files dropped on the map.

/**
 * A file dropped anywhere on the map.
 * @param {any} map
 * @param {(file: File) => void} take
 */
export function acceptDrops(map, take) {
  const container = map.getContainer();
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  const over = (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    container.classList.add("is-dropping");
  };
  const leave = ({ relatedTarget }) => {
    if (!container.contains(relatedTarget)) container.classList.remove("is-dropping");
  };
  container.addEventListener("dragenter", over);
  container.addEventListener("dragover", over);
  container.addEventListener("dragleave", leave);
  container.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    container.classList.remove("is-dropping");
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
