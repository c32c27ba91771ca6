/* Plotly takes over a chart that the server drew: zoom, pan, exact values. Loaded only when asked for. */

const language = document.documentElement.lang || "en";

function load(address) {
  return new Promise((done, failed) => {
    if (window.Plotly) { done(window.Plotly); return; }
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => done(window.Plotly);
    script.onerror = failed;
    document.head.append(script);
  });
}

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function colours() {
  return {
    import: token("--import"), export: token("--export"), usual: token("--muted"), previous: token("--muted"),
    text: token("--muted"), line: token("--line"), ground: token("--ground"), fill: token("--import-fill"),
  };
}

function traces(data, colour) {
  const places = data.names.map((_, index) => index);
  return data.series.map((series) => {
    const sign = series.name === "export" ? -1 : 1;
    const values = series.values.map((value) => (value === null ? null : sign * value / 1000));
    const common = {
      name: series.title, x: places, y: values, connectgaps: false,
      text: data.names, hovertemplate: `%{text}<br>${series.title} %{y:.2f} ${data.unit}<extra></extra>`,
      textposition: "none",
    };
    if (data.kind === "bars" && (series.name === "import" || series.name === "export")) {
      return { ...common, type: "bar", marker: { color: colour[series.name],
        pattern: { shape: series.name === "export" ? "/" : "" , fgcolor: colour.export, bgcolor: colour.ground } } };
    }
    const faint = series.name === "usual" || series.name === "previous";
    return { ...common, type: "scatter", mode: data.kind === "bars" ? "markers" : "lines",
      line: { shape: "hvh", width: faint ? 1 : 1.75, dash: series.name === "usual" ? "dot" : "solid", color: colour[series.name] },
      marker: { color: colour[series.name], symbol: "line-ew-open", size: 12 },
      fill: series.name === "import" ? "tozeroy" : "none", fillcolor: colour.fill };
  });
}

function layout(data, colour, height) {
  const every = Math.max(1, Math.ceil(data.names.length / 8));
  const ticks = data.names.map((_, index) => index).filter((index) => index % every === 0);
  const axis = { gridcolor: colour.line, linecolor: colour.line, zerolinecolor: colour.text, fixedrange: false };
  return {
    height, margin: { l: 50, r: 4, t: 8, b: 28 }, showlegend: false, dragmode: "zoom", barmode: "relative",
    separators: language.startsWith("de") ? ",." : ".,",
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour.text },
    xaxis: { ...axis, showgrid: false, tickvals: ticks, ticktext: ticks.map((index) => data.names[index].split("–")[0]) },
    yaxis: { ...axis, ticksuffix: ` ${data.unit}` },
    hovermode: "x unified", hoverlabel: { bgcolor: colour.ground, bordercolor: colour.line },
  };
}

export async function zoom(chart, data) {
  const plotly = await load(chart.closest("[data-plotly]").dataset.plotly);
  const height = chart.getBoundingClientRect().height;
  const place = document.createElement("div");
  place.className = "chart-plotly";
  const options = { responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: true, doubleClick: "reset" };
  const draw = () => {
    const colour = colours();
    return plotly.react(place, traces(data, colour), layout(data, colour, height), options);
  };
  const frame = chart.querySelector(".chart-frame");
  frame.after(place);
  await draw();
  frame.hidden = true;
  document.addEventListener("meterside:theme", draw);
}
