/* Charts: the exact value under finger, pointer and arrow key; Plotly on demand for zooming.

   The server has drawn the chart and put its values beside it (`<script type="application/json">`),
   in base units. Nothing of Plotly's 4.8 MB is loaded before somebody asks to look closer. */

import { number } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";

export function attach(root = document) {
  for (const chart of root.querySelectorAll("[data-chart]")) {
    const source = document.getElementById(`${chart.dataset.chart}-data`);
    if (!source || chart.dataset.attached) continue;
    chart.dataset.attached = "true";
    follow(chart, JSON.parse(source.textContent));
  }
}

function follow(chart, data) {
  const section = chart.closest("section") || chart.parentElement;
  const readout = section.querySelector(".chart-readout");
  const plot = chart.querySelector(".chart-plot");
  const count = data.names.length;
  let chosen = -1;

  plot.setAttribute("tabindex", "0");
  const cursor = document.createElementNS(SVG, data.kind === "bars" ? "rect" : "line");
  cursor.setAttribute("class", data.kind === "bars" ? "slot is-chosen" : "chart-cursor");
  cursor.setAttribute(data.kind === "bars" ? "height" : "y2", "100%");
  cursor.setAttribute("visibility", "hidden");
  if (data.kind === "bars") cursor.setAttribute("width", `${100 / count}%`);
  plot.insertBefore(cursor, plot.querySelector("a, .slot"));

  function choose(index) {
    if (index === chosen) return;
    chosen = index;
    if (index < 0) {
      cursor.setAttribute("visibility", "hidden");
      if (readout) readout.textContent = "";
      return;
    }
    const place = data.kind === "bars" ? index : index + 0.5;
    const share = `${(100 * place / count).toFixed(3)}%`;
    for (const name of data.kind === "bars" ? ["x"] : ["x1", "x2"]) cursor.setAttribute(name, share);
    cursor.setAttribute("visibility", "visible");
    if (readout) readout.replaceChildren(...words(index));
  }

  function words(index) {
    const name = document.createElement("b");
    name.textContent = data.names[index];
    const parts = data.series
      .filter((series) => series.values[index] !== null && series.values[index] !== undefined)
      .map((series) => `${series.title} ${number(series.values[index] / 1000, data.decimals)}\u00a0${data.unit}`);
    return [name, ` ${parts.length ? parts.join(" · ") : data.missing}`];
  }

  const at = (event) => {
    const box = plot.getBoundingClientRect();
    return Math.max(0, Math.min(count - 1, Math.floor(count * (event.clientX - box.left) / box.width)));
  };
  plot.addEventListener("pointermove", (event) => choose(at(event)));
  plot.addEventListener("pointerdown", (event) => choose(at(event)));
  plot.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") choose(-1); });
  plot.addEventListener("blur", () => choose(-1));
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -4, PageDown: 4 }[event.key];
    if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(count - 1);
    else if (event.key === "Escape") choose(-1);
    else if (event.key === "Enter" && chosen >= 0) {
      const links = plot.querySelectorAll("a");
      if (links[chosen]) location.assign(links[chosen].href.baseVal);
      return;
    } else if (step) choose(Math.max(0, Math.min(count - 1, (chosen < 0 ? (step > 0 ? -step : count) : chosen) + step)));
    else return;
    event.preventDefault();
    event.stopPropagation(); // these arrows are the chart's, not the page's
  });

  const button = section.querySelector(`[data-zoom="${chart.dataset.chart}"]`);
  if (button) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      const { zoom } = await import("./zoom.js");
      await zoom(chart, data);
      button.hidden = true;
    }, { once: true });
  }
}

attach();
