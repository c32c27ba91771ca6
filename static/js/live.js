/* The one socket of a page. Messages are those of consumerapp/wire.py, version 1.

   `listen(path, hear)` calls `hear.message(m)` for every message and `hear.state("open" | "broken" | "ended")`.
   It comes back by itself with growing, random pauses, and names the last number it saw, so that the
   server sends only what was missed. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30000;
const SILENCE_MS = 45000; // the server's heartbeat is shorter

export function listen(path, hear) {
  let socket = null;
  let pause = FIRST_PAUSE_MS;
  let seq = null;
  let timer = 0;
  let watch = 0;
  let ended = false;

  const address = () => {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return `${scheme}//${location.host}${path}${seq === null ? "" : `?after=${seq}`}`;
  };

  const again = () => {
    if (ended || timer) return;
    hear.state("broken");
    // Half fixed, half random: after a restart of the portal not every screen knocks at once.
    timer = setTimeout(open, pause / 2 + Math.random() * pause / 2);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  };

  const heard = () => {
    clearTimeout(watch);
    watch = setTimeout(() => socket && socket.close(), SILENCE_MS);
  };

  function open() {
    timer = 0;
    socket = new WebSocket(address());
    socket.onopen = () => { heard(); hear.state("open"); };
    socket.onmessage = (event) => {
      heard();
      pause = FIRST_PAUSE_MS;
      const message = JSON.parse(event.data);
      if (message.v !== 1) return;
      seq = message.seq;
      if (message.type === "ended") { ended = true; hear.state("ended"); }
      else hear.message(message);
    };
    socket.onclose = () => { clearTimeout(watch); socket = null; again(); };
  }

  const atOnce = () => {
    if (ended || document.visibilityState === "hidden") return;
    if (socket === null) { clearTimeout(timer); pause = FIRST_PAUSE_MS; open(); }
  };
  addEventListener("online", atOnce);
  document.addEventListener("visibilitychange", atOnce);
  open();
}
