/* The page of a household whose meter has not been heard yet: it becomes Today as soon as it is. */

import { listen } from "./live.js";

const STORED_AFTER_MS = 2000; // readings are on the shelf within a second of being heard

const page = document.querySelector("[data-awaits]");
if (page) {
  let heard = false;
  listen(page.dataset.awaits, {
    state() {},
    message(message) {
      const telegram = message.type === "now" || message.type === "today" || (message.type === "snapshot" && message.now.length > 0);
      if (!telegram || heard) return;
      heard = true;
      setTimeout(() => location.reload(), STORED_AFTER_MS);
    },
  });
}
