/* Today: the live figure, its age, the day's totals, the state of the links. */

import { listen } from "./live.js";
import { age, energyDecimals, number, write } from "./numbers.js";
import { attach } from "./chart.js";

const SPOKEN_EVERY_MS = 60000;
const OLD_AFTER_S = 15; // or three of the meter's own intervals, whichever is longer

const page = document.querySelector(".today");
if (page) start();

function start() {
  const words = JSON.parse(document.getElementById("words").textContent);
  const now = page.querySelector("[data-live=now]");
  const part = (name, root = page) => root.querySelector(`[data-part="${name}"]`);
  let receivedAt = Date.parse(now.dataset.at);
  const gaps = []; // seconds between the last telegrams; an outage among them is not the meter's interval
  let clockAhead = Infinity; // the browser's clock minus the portal's in ms, as far as messages tell
  let spokenAt = Date.now();
  let quarter = Math.floor(Date.now() / 900000);

  function showNow(message) {
    if (message.meter !== now.dataset.meter) { showOther(message); return; }
    const arrived = Date.parse(message.received_at);
    if (arrived > receivedAt && gaps.unshift((arrived - receivedAt) / 1000) > 5) gaps.pop();
    receivedAt = arrived;
    const power = message.power_w === null ? null : Number(message.power_w);
    const direction = power === null ? "unknown" : power < 0 ? "export" : "import";
    now.dataset.direction = direction;
    part("direction").textContent = words.direction[direction];
    if (power !== null) write(part("power"), Math.abs(power), number(Math.abs(power) / 1000, 2));
    const why = part("why");
    why.hidden = !message.why_no_power;
    if (message.why_no_power) why.textContent = words.why[message.why_no_power] || "";
    const level = part("level");
    level.dataset.level = message.ambient || "none";
    part("level-word").textContent = words.ambient[message.ambient] || "";
    register("import-register", message.import_wh);
    register("export-register", message.export_wh);
    tick();
    if (power !== null && Date.now() - spokenAt > SPOKEN_EVERY_MS) {
      spokenAt = Date.now();
      part("spoken").textContent = words.spoken
        .replace("{direction}", words.direction[direction])
        .replace("{power}", number(Math.abs(power) / 1000, 2))
        .replace("{level}", words.ambient[message.ambient] || "");
    }
  }

  /* A second meter of the household: one line below the big number. */
  function showOther(message) {
    const line = page.querySelector(`[data-other="${CSS.escape(message.meter)}"]`);
    if (!line || message.power_w === null) return;
    const power = Number(message.power_w);
    part("other-direction", line).textContent = words.direction[power < 0 ? "export" : "import"];
    write(part("other-power", line), Math.abs(power), number(Math.abs(power) / 1000, 2));
  }

  function register(name, wattHours) {
    const element = part(name);
    if (!element || wattHours === null || wattHours === undefined) return;
    const shown = element.firstChild.data;
    const decimals = (shown.match(/[.,](\d+)$/) || ["", ""])[1].length;
    write(element, wattHours, number(Number(wattHours) / 1000, decimals));
  }

  function showToday(message) {
    const totals = { "today-import": message.import_wh, "today-usual": message.typical_import_wh, "today-export": message.export_wh };
    for (const [name, wattHours] of Object.entries(totals)) {
      if (wattHours !== null && wattHours !== undefined) {
        write(part(name), wattHours, number(Number(wattHours) / 1000, energyDecimals(Number(wattHours))));
      }
    }
    const begun = Math.floor(Date.parse(message.until) / 900000);
    if (begun > quarter) { quarter = begun; renewDay(); }
  }

  /* A quarter-hour is over: htmx fetches the day's part anew, unless somebody is reading in it. */
  function renewDay() {
    const day = document.getElementById("day");
    if (day.contains(document.activeElement) || day.querySelector("details[open], .chart-plotly")) return;
    day.dispatchEvent(new CustomEvent("quarter"));
  }

  function showLink(message) {
    for (const item of page.querySelectorAll("[data-live=link]")) {
      if (item.dataset.source !== message.source) continue;
      item.dataset.state = message.state;
      part("link-words", item).textContent = words.state[message.state] || "";
    }
  }

  const interval = () => (gaps.length ? Math.min(300, ...gaps) : 0);

  function tick() {
    const seconds = (Date.now() - (Math.abs(clockAhead) < 2000 || clockAhead === Infinity ? 0 : clockAhead) - receivedAt) / 1000;
    part("age").textContent = age(seconds, words.ago);
    now.dataset.state = seconds > Math.max(OLD_AFTER_S, 3 * interval()) ? "old" : "fresh";
  }

  const hear = {
    state(state) { page.dataset.socket = state; if (state === "ended") location.reload(); },
    message(message) {
      switch (message.type) {
        case "snapshot":
          message.now.forEach(showNow);
          if (message.today) showToday(message.today);
          message.links.forEach(showLink);
          break;
        case "now":
          // The message that travelled fastest tells how far apart the clocks are.
          clockAhead = Math.min(clockAhead, Date.now() - Date.parse(message.received_at));
          showNow(message);
          break;
        case "today": showToday(message); break;
        case "link": showLink(message); break;
      }
    },
  };
  document.getElementById("day").addEventListener("htmx:afterSwap", () => attach(page));
  listen(page.dataset.feed, hear);
  setInterval(tick, 1000);
}
