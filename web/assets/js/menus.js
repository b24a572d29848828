// Menus are details elements; with scripts they close by Escape, by a click elsewhere, and when another opens.
const close = (menu, back) => {
  menu.open = false;
  if (back) menu.querySelector("summary").focus();
};
const opened = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") opened().forEach((menu) => close(menu, menu.contains(document.activeElement)));
});
document.addEventListener("click", (event) => {
  opened().forEach((menu) => { if (!menu.contains(event.target)) close(menu, false); });
});
