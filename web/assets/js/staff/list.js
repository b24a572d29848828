// A list that is worked by keys: x marks the row one stands in, what is marked is counted aloud, and after an act, or
// on the way back from a page, one stands where one stood. j, k and Enter are keys.js's; without scripts all of it is
// a plain form.
const list = document.querySelector("[data-list]");
if (list) {
  const rows = () => [...list.querySelectorAll("[data-row]")];
  const boxes = () => [...list.querySelectorAll('[data-row] input[type="checkbox"]')];
  const said = document.querySelector("[data-chosen]");
  const key = `place ${location.pathname}`;
  const tell = () => {
    const count = boxes().filter((box) => box.checked).length;
    for (const box of boxes()) box.closest("[data-row]").setAttribute("aria-selected", String(box.checked));
    if (said) said.textContent = `${said.dataset.chosen} ${count.toLocaleString(document.documentElement.lang)}`;
  };
  const keep = () => {
    const at = rows().indexOf(document.activeElement.closest("[data-row]"));
    if (at >= 0) sessionStorage.setItem(key, JSON.stringify([rows().slice(at).map((row) => row.id), at]));
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.documentElement.dataset.keys === "off") return;
    const row = document.activeElement.closest("[data-row]");
    const box = row && row.querySelector('input[type="checkbox"]');
    if (!box || document.activeElement.matches('input:not([type="checkbox"]), textarea, select')) return;
    event.preventDefault();
    box.checked = !box.checked;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
  list.addEventListener("change", tell);
  list.addEventListener("focusin", keep);
  const [ids, at] = JSON.parse(sessionStorage.getItem(key) || "[[], -1]");
  if (at >= 0 && !location.hash) {
    const stood = ids.map((id) => document.getElementById(id)).find(Boolean) || rows()[Math.min(at, rows().length - 1)];
    if (stood) stood.focus({ preventScroll: false });
  }
  tell();
}
