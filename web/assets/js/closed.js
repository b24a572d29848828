// A button that is closed for now says why beside it; pressing it must not send the form around it.
document.addEventListener("click", (event) => {
  if (event.target.closest('button[aria-disabled="true"]')) event.preventDefault();
});
