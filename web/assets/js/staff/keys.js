// One key for one act: data-key="m" on a link, button or field. Quiet in fields, with modifiers, and where turned off.
const editing = (element) => element.matches("input, textarea, select, [contenteditable]");
const off = () => document.documentElement.dataset.keys === "off";
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest("form");
    if (form) form.requestSubmit();
    return;
  }
  if (off() || event.ctrlKey || event.metaKey || event.altKey || editing(event.target)) return;
  if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.indexOf(document.activeElement.closest("[data-row]"));
    const next = rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)];
    if (next) next.focus();
    return;
  }
  const scope = document.activeElement.closest("[data-row]") || document;
  const name = CSS.escape(event.key);
  const target = scope.querySelector(`[data-key="${name}"]`) || document.querySelector(`[data-key="${name}"]`);
  if (!target) return;
  event.preventDefault();
  if (editing(target)) target.focus();
  else target.click();
});
