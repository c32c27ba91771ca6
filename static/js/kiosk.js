/* The wall screen. Written for the browsers of old tablets: ES5, no modules, no fetch.

   It heals itself: comes back after every break, loads itself anew once a night and after a long
   silence, and says in words when what it shows is old. Its picture moves by a few pixels each
   minute, so that nothing burns in, and is dimmed at night. */

(function () {
  "use strict";
  var wall = document.getElementById("wall");
  if (!wall) { return; }
  var words = JSON.parse(document.getElementById("words").textContent);
  var OLD_AFTER_S = 15;
  var NIGHT_FROM = 22, NIGHT_UNTIL = 6;
  var SILENCE_MS = 45000, LONGEST_PAUSE_MS = 30000, GIVE_UP_MS = 15 * 60000;

  var receivedAt = Date.parse(wall.getAttribute("data-at")) || 0;
  var gaps = []; // seconds between the last telegrams; an outage among them is not the meter's interval
  var clockAhead = null;
  var seq = null, socket = null, pause = 500, silence = 0, ended = false;
  var heardAt = Date.now(), quarter = Math.floor(Date.now() / 900000), loadedAt = Date.now();

  function by(id) { return document.getElementById(id); }
  function text(id, value) { var node = by(id); if (node && node.textContent !== value) { node.textContent = value; } }
  function now() { return Date.now() - (clockAhead === null || Math.abs(clockAhead) < 2000 ? 0 : clockAhead); }

  function number(value, decimals) {
    return value.toFixed(decimals).replace(".", words.decimal).replace("-", "\u2212");
  }

  function showNow(message) {
    var power = message.power_w === null ? null : Number(message.power_w);
    var arrived = Date.parse(message.received_at);
    if (arrived > receivedAt && receivedAt && gaps.unshift((arrived - receivedAt) / 1000) > 5) { gaps.pop(); }
    receivedAt = arrived;
    var direction = power === null ? "unknown" : power < 0 ? "export" : "import";
    wall.setAttribute("data-direction", direction);
    text("direction", words.direction[direction]);
    if (power !== null) { text("power", number(Math.abs(power) / 1000, 2)); }
    by("level").setAttribute("data-level", message.ambient || "none");
    text("level-word", words.ambient[message.ambient] || "");
    text("why", message.why_no_power ? words.why[message.why_no_power] || "" : "");
    tick();
  }

  function total(name, wattHours) {
    var node = wall.querySelector('[data-part="' + name + '"]');
    if (!node || wattHours === null || wattHours === undefined) { return; }
    var size = Math.abs(Number(wattHours));
    node.setAttribute("value", wattHours);
    if (node.firstChild) { node.firstChild.data = number(Number(wattHours) / 1000, size < 1000 ? 2 : size < 1000000 ? 1 : 0); }
  }

  function showToday(message) {
    total("today-import", message.import_wh);
    total("today-usual", message.typical_import_wh);
    total("today-export", message.export_wh);
    var begun = Math.floor(Date.parse(message.until) / 900000);
    if (begun > quarter) { quarter = begun; renewDay(); }
  }

  function renewDay() {
    var day = by("day");
    if (!day) { return; }
    var request = new XMLHttpRequest();
    request.open("GET", wall.getAttribute("data-day"));
    request.onload = function () {
      if (request.status === 200) {
        day.innerHTML = request.responseText;
        if (by("usual-news")) { text("usual", by("usual-news").textContent); }
      }
      else if (request.status === 404) { location.reload(); }
    };
    request.send();
  }

  function hear(message) {
    var index;
    if (message.v !== 1) { return; }
    seq = message.seq;
    if (message.type === "snapshot") {
      for (index = 0; index < message.now.length; index += 1) {
        if (index === 0 || message.now[index].power_w !== null) { showNow(message.now[index]); break; }
      }
      if (message.today) { showToday(message.today); }
    } else if (message.type === "now") {
      var apart = Date.now() - Date.parse(message.received_at);
      clockAhead = clockAhead === null ? apart : Math.min(clockAhead, apart);
      showNow(message);
    } else if (message.type === "today") {
      showToday(message);
    } else if (message.type === "ended") {
      ended = true;
      location.reload();
    }
  }

  function open() {
    var scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(scheme + "//" + location.host + wall.getAttribute("data-feed") + (seq === null ? "" : "?after=" + seq));
    socket.onopen = expectMore;
    socket.onmessage = function (event) {
      expectMore();
      pause = 500;
      wall.setAttribute("data-socket", "open");
      hear(JSON.parse(event.data));
    };
    socket.onclose = function () {
      clearTimeout(silence);
      socket = null;
      wall.setAttribute("data-socket", "broken");
      if (ended) { return; }
      setTimeout(open, pause / 2 + Math.random() * pause / 2);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    };
  }

  function expectMore() {
    heardAt = Date.now();
    clearTimeout(silence);
    silence = setTimeout(function () { if (socket) { socket.close(); } }, SILENCE_MS);
  }

  function local() {
    try {
      return new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: words.zone });
    } catch (error) { // too old to know time zones: the tablet's own
      var at = new Date();
      return ("0" + at.getHours()).slice(-2) + ":" + ("0" + at.getMinutes()).slice(-2);
    }
  }

  function today() {
    try {
      return new Date().toLocaleDateString(words.language === "en" ? "en-GB" : words.language, { weekday: "short", day: "numeric", month: "short", timeZone: words.zone });
    } catch (error) { return null; }
  }

  function tick() {
    if (!receivedAt) { return; }
    var seconds = Math.max(0, Math.floor((now() - receivedAt) / 1000));
    var isOld = seconds > Math.max(OLD_AFTER_S, 3 * (gaps.length ? Math.min.apply(null, [300].concat(gaps)) : 0));
    wall.setAttribute("data-state", isOld ? "old" : "fresh");
    var ago = seconds < 60 ? words.ago.s.replace("{n}", seconds)
      : seconds < 3600 ? words.ago.min.replace("{n}", Math.floor(seconds / 60))
      : seconds < 86400 ? words.ago.h.replace("{n}", Math.floor(seconds / 3600))
      : words.ago.d.replace("{n}", Math.floor(seconds / 86400));
    var broken = isOld && wall.getAttribute("data-socket") === "broken";
    text("age", broken ? words.connection + " \u00b7 " + ago : ago);
  }

  function eachMinute() {
    var clock = local(), hour = parseInt(clock, 10), minute = Math.floor(Date.now() / 60000);
    text("clock", clock);
    var date = today();
    if (date) { text("date", date); }
    var isNight = hour >= NIGHT_FROM || hour < NIGHT_UNTIL;
    document.documentElement.className = isNight ? "wall-page is-night" : "wall-page";
    if (isNight) { document.documentElement.setAttribute("data-theme", "dark"); }
    else { document.documentElement.removeAttribute("data-theme"); }
    // A slow walk over 9 x 5 places, through CSSOM: the policy forbids style attributes, not this.
    var x = (minute * 2) % 9 - 4, y = (minute * 3) % 5 - 2;
    wall.style.webkitTransform = wall.style.transform = "translate(" + x * 2 + "px," + y * 2 + "px)";
    // Anew once a night for new versions, and when nothing was heard for very long; never into an error page.
    var nightly = hour === 4 && Date.now() - loadedAt > 3 * 3600000;
    if (nightly || Date.now() - heardAt > GIVE_UP_MS) { reloadIfThere(); }
  }

  function reloadIfThere() {
    var request = new XMLHttpRequest();
    request.open("GET", location.pathname);
    request.onload = function () { if (request.status === 200) { location.reload(); } };
    request.send();
    heardAt = Date.now();
  }

  open();
  tick();
  eachMinute();
  setInterval(tick, 1000);
  setInterval(eachMinute, 15000);
}());
