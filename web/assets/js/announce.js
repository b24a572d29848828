// Says what changed: answers may carry HX-Trigger {"announce": "…"}; at most one each five seconds is read out.
let spokenAt = 0;
document.addEventListener("announce", (event) => {
  const words = event.detail && event.detail.value;
  if (!words || Date.now() - spokenAt < 5000) return;
  spokenAt = Date.now();
  document.getElementById("announce").textContent = words;
});
