// The board's acts: a job is opened beside the day, given by a press, by Enter on a person, or by dropping it on somebody's
// day, and promised at another time. Every one of them asks the server; what it says is said, and nothing is painted
// before. Without this script the same forms stand on the job's own page.
const board = document.getElementById("board");
const panel = document.getElementById("board-job");
const said = document.getElementById("board-said");
const rtl = document.documentElement.dir === "rtl";
const grid = () => board.querySelector(".board-grid");
const steps = (name) => Number(getComputedStyle(grid()).getPropertyValue(name));
let carried = null;

const idOf = (element) => {
  const link = element.matches("a[href]") ? element : element.querySelector('a[href^="/dispatch/jobs/"]');
  return link ? link.getAttribute("href").split("/").pop() : null;
};
const tell = (words, refused) => {
  said.textContent = words;
  said.hidden = !words;
  said.classList.toggle("is-refused", refused);
  if (words) said.scrollIntoView({ block: "nearest" });
};
const headers = () => ({ accept: "application/json", ...JSON.parse(document.body.getAttribute("hx-headers")) });

const act = async (path, fields, source) => {
  if (source) source.classList.add("is-carried");
  tell(board.dataset.asks, false);
  try {
    const own = crypto.randomUUID ? { command_id: crypto.randomUUID() } : {}; // only where the line is secure
    const body = new URLSearchParams({ ...own, ...fields });
    const answer = await fetch(path, { method: "POST", headers: headers(), body });
    const told = await answer.json();
    tell(told.said || told.detail || told.title, !answer.ok);
    if (answer.ok) close();
    return [answer.ok, told];
  } catch {
    tell(document.getElementById("toast").dataset.offline, true);
    return [false, {}];
  } finally {
    if (source) source.classList.remove("is-carried");
  }
};

const give = async (job, version, specialist, more, source) => {
  const [given, told] = await act(`/dispatch/jobs/${job}/assignment`, { specialist, version, ...more }, source);
  if (!given && told.wants_reason) await open(job, specialist);
  else if (!given && panel.dataset.job === job) await open(job); // it may have moved on: its panel is read again
  return given;
};

const open = async (job, wanted) => {
  const query = wanted ? `?wanted=${wanted}` : "";
  const answer = await fetch(`/dispatch/jobs/${job}${query}`, { headers: { accept: "text/html" } });
  const read = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("job");
  if (!read) return;
  panel.replaceChildren(document.adoptNode(read));
  panel.hidden = false;
  panel.dataset.job = job;
  const first = panel.querySelector("[data-give] select, [data-give] .could button") || panel.querySelector("h1");
  first.focus();
  panel.scrollIntoView({ block: "nearest" });
  document.dispatchEvent(new CustomEvent("board:open", { detail: job }));
};
const close = () => {
  const job = panel.dataset.job;
  panel.hidden = true;
  panel.replaceChildren();
  delete panel.dataset.job;
  const back = job && (document.getElementById(`o-${job}`) || board.querySelector(`.bar[href$="${job}"]`));
  (back || document.getElementById("entries")).focus();
};

// The promised window stands across all days while a job is carried or open.
const promise = (element) => {
  const day = grid();
  day?.querySelector(".promise")?.remove();
  const [start, length] = (element?.dataset.w || "").split(" ").map(Number);
  if (!day || !length) return;
  const band = document.createElement("span");
  const lane = day.querySelector(".board-hours .lane");
  const hour = lane.clientWidth / steps("--hours");
  band.className = "promise";
  const head = day.clientWidth - lane.clientWidth;
  band.style.insetInlineStart = `${head + (start / 12 - steps("--first")) * hour}px`;
  band.style.inlineSize = `${(length / 12) * hour}px`;
  day.append(band);
};

const momentAt = (lane, x) => {
  const box = lane.getBoundingClientRect();
  const share = (rtl ? box.right - x : x - box.left) / box.width;
  const minutes = Math.round(((steps("--first") + share * steps("--hours")) * 60) / 5) * 5;
  return new Date(Date.parse(board.dataset.midnight) + minutes * 60000).toISOString();
};

if (board) {
  const help = document.querySelector("[data-help]");
  help.hidden = false;
  help.addEventListener("click", () => document.getElementById("board-keys").showModal());
  document.addEventListener("dragstart", (event) => {
    const source = event.target.closest?.(".entry, a.bar");
    if (!source) return;
    carried = source;
    event.dataTransfer.setData("text/plain", idOf(source));
    event.dataTransfer.effectAllowed = "move";
    promise(source);
  });
  document.addEventListener("dragend", () => {
    carried = null;
    promise(null);
    for (const row of document.querySelectorAll(".worker.target")) row.classList.remove("target");
  });
  board.addEventListener("dragover", (event) => {
    const row = carried && event.target.closest(".worker");
    for (const other of board.querySelectorAll(".worker.target")) if (other !== row) other.classList.remove("target");
    if (!row) return;
    event.preventDefault();
    row.classList.add("target");
  });
  board.addEventListener("drop", (event) => {
    const row = carried && event.target.closest(".worker");
    if (!row) return;
    event.preventDefault();
    const source = carried;
    const at = momentAt(row.querySelector(".lane"), event.clientX);
    give(idOf(source), source.dataset.v, row.id.slice(2), { at }, source);
  });
  board.addEventListener("mouseover", (event) => {
    const bar = event.target.closest(".bar[aria-label]"); // said to the mouse as it is said aloud, without twice the bytes
    if (bar) bar.title = bar.getAttribute("aria-label");
  });
  board.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="/dispatch/jobs/"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    promise(link.closest("[data-w]"));
    open(idOf(link));
  });
  board.addEventListener("change", () => {
    const legend = board.querySelector("[data-chosen]");
    const number = board.querySelectorAll(".entry input:checked").length;
    legend.textContent = `${legend.dataset.chosen} ${number.toLocaleString(document.documentElement.lang)}`;
  });
  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target, event.submitter));
    delete fields.form_token;
    if (event.target.matches("[data-give]")) give(panel.dataset.job, fields.version, fields.specialist, fields);
    else act(event.target.getAttribute("action"), fields);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.documentElement.dataset.keys === "off") return;
    const here = document.activeElement;
    if (event.key === "Escape" && panel.dataset.job) {
      promise(null);
      close();
      return;
    }
    if (here.matches("input:not([type=checkbox]), textarea, select")) return;
    const row = here.closest(".worker");
    const to = { u: ".entry", t: ".worker", c: "#board-job .could button" }[event.key];
    if (to) document.querySelector(to)?.focus();
    else if (event.key === "x" && here.closest(".entry")) here.closest(".entry").querySelector("input").click();
    else if (event.key === "Enter" && here.matches(".entry")) here.querySelector("a").click();
    else if (event.key === "Enter" && here.matches(".worker") && panel.dataset.job) {
      const job = panel.querySelector("[data-v]");
      give(panel.dataset.job, job.dataset.v, here.id.slice(2), reason());
    } else if (event.key.startsWith("Arrow")) {
      if (!moved(event.key, here, row)) return;
    } else return;
    event.preventDefault();
  });
}
const reason = () => {
  const chosen = panel.querySelector('select[name="reason"]');
  return chosen && chosen.value ? { reason: chosen.value } : {};
};
const moved = (key, here, row) => {
  if (row && (key === "ArrowUp" || key === "ArrowDown")) {
    const next = key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
    next?.focus();
    return Boolean(next);
  }
  if (row) {
    const bars = [...row.querySelectorAll("a.bar")];
    const on = (key === "ArrowRight") !== rtl ? 1 : -1;
    const next = bars[bars.indexOf(here) + on] || (on > 0 ? bars[0] : bars[bars.length - 1]);
    next?.focus();
    return Boolean(next);
  }
  const choices = [...panel.querySelectorAll(".could button")];
  const at = choices.indexOf(here);
  if (at < 0) return false;
  choices[Math.min(Math.max(at + (key === "ArrowDown" || key === "ArrowRight" ? 1 : -1), 0), choices.length - 1)].focus();
  return true;
};
