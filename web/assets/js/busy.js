// A form is sent once; after 300 ms its button shows that it is working, after 2 s the page says so in words.
const waiting = new Map();
const toast = document.getElementById("toast");
const free = (form) => {
  const known = waiting.get(form);
  if (!known) return;
  known.timers.forEach(clearTimeout);
  if (known.button) known.button.removeAttribute("aria-busy");
  if (toast.textContent === toast.dataset.slow) toast.textContent = "";
  waiting.delete(form);
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (waiting.has(form)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  const button = event.submitter;
  const show = () => button && button.setAttribute("aria-busy", "true");
  const say = () => { toast.textContent = toast.dataset.slow; };
  waiting.set(form, { button, timers: [setTimeout(show, 300), setTimeout(say, 2000), setTimeout(() => free(form), 10000)] });
}, true);
document.addEventListener("htmx:afterRequest", (event) => free(event.detail.elt.closest("form")));
window.addEventListener("pageshow", () => [...waiting.keys()].forEach(free));
