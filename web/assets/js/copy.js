// Copy buttons are of use with scripts only, so scripts show them.
const ready = (within) => within.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
ready(document);
document.addEventListener("htmx:load", (event) => ready(event.detail.elt));
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.parentElement.querySelector("output").hidden = false;
});
