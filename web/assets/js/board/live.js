// The board hears which jobs have changed and asks for their rows again; who looks at a job is shown while it is said
// again every few seconds; and a board that hears nothing says how old it is.
const board = document.getElementById("board");
if (board) {
  const state = document.querySelector("[data-state]");
  const language = document.documentElement.lang;
  const digits = { bn: "beng", fa: "arabext", ar: "arab" }[language] || "latn";
  const ages = new Intl.RelativeTimeFormat(`${language}-u-nu-${digits}`, { numeric: "always" });
  const offset = Date.parse(board.dataset.at) - Date.now(); // the server's clock, not the device's
  const here = () => Date.now() + offset;
  const waiting = new Set();
  const looks = new Map();
  const STALE = 25000, LOOKED = 25000, AGAIN = 8000, POLL = 15000;
  let heard = 0, timer = 0, asking = false, whole = false;

  const fresh = () => {
    heard = Date.now();
    show();
  };
  const show = () => {
    const old = Date.now() - heard;
    const live = heard > 0 && old < STALE;
    if (!heard && here() - Date.parse(board.dataset.at) < 5000) return;
    const seconds = Math.round((here() - Date.parse(board.dataset.at)) / 1000);
    const age = seconds < 90 ? ages.format(-seconds, "second") : ages.format(-Math.round(seconds / 60), "minute");
    state.classList.toggle("is-live", live);
    state.classList.toggle("is-stale", !live && seconds * 1000 >= STALE);
    board.classList.toggle("is-stale", !live && seconds * 1000 >= STALE);
    state.lastElementChild.textContent = live ? state.dataset.live : `${state.dataset.stale} ${age}`;
  };

  const place = (list, fresh) => {
    const old = document.getElementById(fresh.id);
    const focused = old && old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const stood = old === document.activeElement;
    const ticked = old?.querySelector('input[type="checkbox"]')?.checked;
    fresh.classList.add("is-new");
    if (old) old.replaceWith(fresh);
    else list.insertBefore(fresh, [...list.children].find((each) => Number(each.dataset.s) > Number(fresh.dataset.s)) || null);
    if (ticked) fresh.querySelector('input[type="checkbox"]').checked = true;
    if (stood) fresh.focus();
    else if (focused) fresh.querySelector(`a[href="${focused}"]`)?.focus();
  };
  const holders = (jobs) => {
    const found = new Set();
    for (const job of jobs) {
      const row = board.querySelector(`a.bar[href$="${job}"]`)?.closest(".worker");
      if (row) found.add(row.id.slice(2));
    }
    return [...found];
  };
  const ask = async () => {
    timer = 0;
    if (asking) return again();
    asking = true;
    const jobs = [...waiting].slice(0, 100);
    for (const job of jobs) waiting.delete(job);
    try {
      if (whole) await all();
      else await some(jobs, holders(jobs));
      fresh();
    } catch {
      for (const job of jobs) waiting.add(job); // asked for again with the next beat
    } finally {
      asking = false;
      if (waiting.size) again();
    }
  };
  const again = () => {
    timer ||= setTimeout(ask, 60);
  };
  const some = async (jobs, people) => {
    const query = new URLSearchParams({ since: board.dataset.seen, axis: board.dataset.axis });
    if (jobs.length) query.set("jobs", jobs.join(","));
    if (people.length) query.set("people", people.join(","));
    const [path, narrowed] = board.dataset.query.split("?");
    const answer = await fetch(`${path}/parts?${narrowed}&${query}`, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const parts = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".parts");
    if (parts.hasAttribute("data-whole") || (parts.querySelector(".worker") && !document.getElementById("people"))) {
      await all();
      return;
    }
    const found = [...parts.querySelectorAll(".worker, .entry")].map((each) => each.id);
    const gone = [...jobs.map((job) => `o-${job}`), ...parts.dataset.only.split(",").map((id) => `p-${id}`)];
    for (const id of gone) if (!found.includes(id)) document.getElementById(id)?.remove();
    for (const each of parts.querySelectorAll(".entry")) place(document.getElementById("entries"), document.adoptNode(each));
    for (const each of parts.querySelectorAll(".worker")) place(document.getElementById("people"), document.adoptNode(each));
    document.getElementById("board-chips").replaceChildren(...parts.querySelector(".filter-chips").children);
    const drawing = parts.querySelector(".drawing");
    const drawn = board.querySelector(".drawing");
    if (drawing && drawn) {
      if (drawn.querySelector("details")?.open) drawing.querySelector("details").open = true;
      drawn.replaceWith(document.adoptNode(drawing));
    }
    board.dataset.seen = parts.dataset.seen;
    board.dataset.at = parts.dataset.at;
    if (found.length) document.dispatchEvent(new CustomEvent("announce", { detail: { value: board.dataset.changed } }));
  };
  const all = async () => {
    const answer = await fetch(board.dataset.query, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of [".board-time", ".entries", ".board-map", "#board-chips"]) {
      const now = document.querySelector(part);
      const next = read.querySelector(part);
      if (now && next) now.replaceChildren(...document.adoptNode(next).childNodes);
    }
    for (const name of ["seen", "at", "axis"]) board.dataset[name] = read.getElementById("board").dataset[name];
    whole = false;
  };

  const connect = () => {
    const source = new EventSource("/dispatch/board/events");
    source.addEventListener("error", () => {
      // A line that broke is taken up again by itself; one that was refused (too many open pages) is asked for later.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
    });
    listen(source);
  };
  const listen = (source) => {
    source.addEventListener("hello", () => {
      whole = heard > 0 || here() - Date.parse(board.dataset.at) > 5000; // what was missed meanwhile is read now
      again();
      fresh();
    });
    source.addEventListener("beat", () => {
      fresh();
      if (document.visibilityState === "visible") again(); // days that changed without a job: breaks, hours, plans
    });
    source.addEventListener("missed", () => {
      whole = true;
      again();
    });
    source.addEventListener("job", (event) => {
      waiting.add(event.data.split(" ")[0]);
      again();
    });
    source.addEventListener("looking", (event) => {
      const [job, number] = event.data.split(" ");
      const mark = Number(number).toString(16).toUpperCase().padStart(8, "0");
      if (mark === board.dataset.me) return;
      looks.set(`${job} ${mark}`, Date.now() + LOOKED);
      seen();
    });
  };
  const seen = () => {
    const marks = new Map();
    for (const [name, until] of looks) {
      const [job, mark] = name.split(" ");
      if (until < Date.now()) looks.delete(name);
      else marks.set(job, [...(marks.get(job) || []), mark]);
    }
    for (const each of board.querySelectorAll("[data-looked-at], .entry[data-looked], a.bar[data-looked]")) {
      if (each.dataset.lookedAt) each.hidden = true;
      else delete each.dataset.looked;
    }
    for (const [job, who] of marks) {
      for (const each of [document.getElementById(`o-${job}`), board.querySelector(`a.bar[href$="${job}"]`)]) {
        if (each) each.dataset.looked = who.join(" ");
      }
      const open = board.querySelector(`[data-looked-at="${job}"]`);
      if (!open) continue;
      open.hidden = false;
      open.textContent = `${board.dataset.looked} ${who.join(", ")}`;
    }
  };
  const look = () => {
    const job = document.getElementById("board-job").dataset.job;
    if (!job || document.visibilityState !== "visible") return;
    const own = JSON.parse(document.body.getAttribute("hx-headers"));
    fetch(`/dispatch/jobs/${job}/presence`, { method: "POST", headers: own }).catch(() => {});
  };
  connect();
  document.addEventListener("board:open", look);
  setInterval(() => {
    if (Date.now() - heard < POLL || document.visibilityState !== "visible") return;
    whole = true; // no line: the whole is read again every now and then
    again();
  }, POLL);
  setInterval(look, AGAIN);
  setInterval(() => {
    show();
    seen();
    const line = document.getElementById("now-line");
    const minutes = Math.floor((here() - Date.parse(board.dataset.midnight)) / 300000);
    line?.style.setProperty("--h", Math.floor(minutes / 12));
    line?.style.setProperty("--q", minutes % 12);
  }, 1000);
  show();
}
