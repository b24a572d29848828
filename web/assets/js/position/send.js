// Where a specialist is goes out while this page is open, they are on shift, and their switch says so; the server asks
// the same and refuses what it does not allow. One point each half minute at most, and none that has not moved.
const EVERY = 30_000;
const ASK_AGAIN = 300_000;
const headers = { ...JSON.parse(document.body.getAttribute("hx-headers")), "content-type": "application/json" };
let watch = null;
let sent = 0;
let last = "";

const stop = () => {
  if (watch !== null) navigator.geolocation.clearWatch(watch);
  watch = null;
};

const send = async ({ coords, timestamp }) => {
  const { longitude, latitude } = coords;
  const here = `${longitude.toFixed(4)} ${latitude.toFixed(4)}`; // some ten metres
  if (Date.now() - sent < EVERY || here === last) return;
  sent = Date.now();
  const positions = [{ longitude, latitude, at: new Date(timestamp).toISOString() }];
  try {
    const answer = await fetch("/api/v1/work/positions", { method: "POST", headers, body: JSON.stringify({ positions }) });
    if (answer.ok) last = here;
    else stop();
  } catch {
    sent = 0; // no line: the next point is tried at once, this one is not kept
  }
};

const ask = async () => {
  try {
    const answer = await fetch("/api/v1/work/sharing", { headers: { accept: "application/json" } });
    const { until } = answer.ok ? await answer.json() : {};
    const left = until ? new Date(until) - Date.now() : 0;
    if (left <= 0) stop();
    else if (watch === null) watch = navigator.geolocation.watchPosition(send, stop, { enableHighAccuracy: false });
    setTimeout(ask, left > 0 ? Math.min(left, ASK_AGAIN) : ASK_AGAIN);
  } catch {
    setTimeout(ask, ASK_AGAIN);
  }
};

if (navigator.geolocation) ask();
