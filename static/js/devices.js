/* Devices: the state of every link as it changes, and on a link's own page what it says just now. */

import { listen } from "./live.js";
import { age, energyDecimals, number, write } from "./numbers.js";

const page = document.querySelector(".devices[data-feed]");
if (page) start();

function start() {
  const words = JSON.parse(document.getElementById("words").textContent);
  const part = (root, name) => root.querySelector(`[data-part="${name}"]`);
  const links = [...page.querySelectorAll("[data-live=link]")];
  const arriving = page.querySelector("[data-live=arriving]");

  function showLink(message) {
    for (const link of links.filter((item) => item.dataset.source === message.source)) {
      link.dataset.state = message.state;
      part(link, "link-state").dataset.state = message.state;
      part(link, "link-words").textContent = words.state[message.state] || "";
      const sentence = words.detail[message.detail] || "";
      part(link, "link-advice").hidden = !sentence;
      part(link, "link-advice-words").textContent = sentence;
      if (message.last_telegram_at) part(link, "link-age").dataset.at = message.last_telegram_at;
    }
  }

  function showNow(message) {
    for (const link of links.filter((item) => item.dataset.source === message.source)) {
      part(link, "link-age").dataset.at = message.received_at;
    }
    if (!arriving || arriving.dataset.source !== message.source) return;
    arriving.hidden = false;
    part(arriving, "arriving-meter").textContent = message.meter;
    if (message.power_w !== null) {
      write(part(arriving, "arriving-power"), message.power_w, number(Number(message.power_w) / 1000, 2));
    }
    if (message.import_wh !== null && message.import_wh !== undefined) {
      const wattHours = Number(message.import_wh);
      write(part(arriving, "arriving-import"), message.import_wh, number(wattHours / 1000, Math.max(1, energyDecimals(wattHours))));
    }
    const why = part(arriving, "arriving-why");
    why.hidden = !message.why_no_power;
    why.textContent = words.why[message.why_no_power] || "";
  }

  const tick = () => {
    for (const link of links) {
      const shown = part(link, "link-age");
      if (shown.dataset.at) shown.textContent = age((Date.now() - Date.parse(shown.dataset.at)) / 1000, words.ago);
    }
  };

  listen(page.dataset.feed, {
    state(state) { if (state === "ended") location.reload(); },
    message(message) {
      if (message.type === "snapshot") { message.links.forEach(showLink); message.now.forEach(showNow); }
      else if (message.type === "link") showLink(message);
      else if (message.type === "now") showNow(message);
      tick();
    },
  });
  setInterval(tick, 1000);
}
