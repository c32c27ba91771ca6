/* History: left and right go along, + and − go closer and farther. The links do all the work, and htmx
   exchanges the period in place, so that the page neither jumps nor flashes. */

import { attach } from "./chart.js";

const page = document.getElementById("period");

if (page) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, .chart-plotly")) return;
    const key = { "=": "+", "\u2212": "-", "_": "-" }[event.key] || event.key;
    const link = page.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
  page.addEventListener("htmx:afterSwap", () => attach(page));
}
