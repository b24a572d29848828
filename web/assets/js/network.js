// A lost connection is told in words, and taken back when the line returns. Nothing that was typed is lost.
const toast = document.getElementById("toast");
const lost = () => { toast.textContent = toast.dataset.offline; };
const back = () => { if (toast.textContent === toast.dataset.offline) toast.textContent = ""; };
window.addEventListener("offline", lost);
window.addEventListener("online", back);
document.addEventListener("htmx:sendError", lost);
document.addEventListener("htmx:timeout", lost);
document.addEventListener("htmx:afterOnLoad", back);
