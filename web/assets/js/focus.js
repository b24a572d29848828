// What is wrong gets the focus, on a fresh page and after a part of it was changed.
const first = (within) => {
  const found = within.matches && within.matches("[data-focus]") ? within : within.querySelector("[data-focus]");
  if (found) found.focus();
};
first(document);
document.addEventListener("htmx:afterSettle", (event) => first(event.detail.elt));
