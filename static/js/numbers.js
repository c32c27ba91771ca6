/* Numbers and ages in the page's language. Figures are W and Wh as decimal strings. */

const language = document.documentElement.lang || "en";
const formats = new Map();

export function number(value, decimals) {
  if (!formats.has(decimals)) {
    formats.set(decimals, new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  }
  return formats.get(decimals).format(value).replace("-", "\u2212");
}

export function energyDecimals(wattHours) {
  const size = Math.abs(wattHours);
  return size < 1000 ? 2 : size < 1000000 ? 1 : 0;
}

/* Write a figure that the server drew: its first text node is the number, the unit stays. */
export function write(element, base, text) {
  if (!element) return;
  if (element.value !== String(base)) element.value = String(base);
  const node = element.firstChild;
  if (node && node.nodeType === Node.TEXT_NODE) { if (node.data !== text) node.data = text; }
  else element.prepend(text);
}

export function age(seconds, words) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return words.s.replace("{n}", whole);
  if (whole < 3600) return words.min.replace("{n}", Math.floor(whole / 60));
  if (whole < 86400) return words.h.replace("{n}", Math.floor(whole / 3600));
  return words.d.replace("{n}", Math.floor(whole / 86400));
}
