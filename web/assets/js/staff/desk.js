// Hands that stay on the keys: Escape leaves a field so that single keys work again; arrows up and down keep to the
// column of a grid of times (left and right are the browser's own).
document.addEventListener("keydown", (event) => {
  const here = document.activeElement;
  if (event.key === "Escape" && here.matches("input, textarea, select")) here.blur();
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  const cell = here.closest(".slots td");
  if (!cell) return;
  event.preventDefault();
  const step = event.key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling";
  for (let row = cell.parentElement[step]; row; row = row[step]) {
    const slot = row.cells[cell.cellIndex].querySelector("input");
    if (!slot) continue;
    slot.focus();
    slot.click();
    return;
  }
});
