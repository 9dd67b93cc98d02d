/* The handheld's script: keeps focus in the scan field, ends a scan at Enter or Tab, sends ONE operation with its own key,
   puts the answered frame in place, sounds and buzzes. Scans that come while one is under way wait their turn in order.
   Without it every page still works as a plain form. No build, no framework; runs on a WebView of Chrome 90. */
"use strict";
(function () {
  var BLOCK_MS = 700; // after a no, nothing is taken for so long: the scan was made before the person saw it
  var queue = [];
  var isSending = false;
  var blockedUntil = 0;
  var idleTimer = 0;
  var audio = null;

  function frame() { return document.getElementById("frame"); }
  function form() { return document.getElementById("scan-form"); }
  // How the text came into the field: a scanner is faster than fingers. TYPED_MS is the pause between two signs beyond which
  // it was a person; a wedge over Bluetooth needs some 50.
  var TYPED_MS = 80;
  var typing = null;
  function noteInput(event) {
    var at = Date.now();
    if (!typing) { typing = { first: at, last: at, byHand: false }; }
    typing.last = at;
    typing.signs = event.target.value.length;
    if (/^insertFrom(Paste|Drop)/.test(event.inputType || "")) { typing.byHand = true; }
  }
  function howItCame() {
    var seen = typing;
    typing = null;
    if (!seen) { return ""; }
    return seen.byHand || (seen.last - seen.first) / Math.max(1, seen.signs - 1) > TYPED_MS ? "typed" : "scan";
  }
  function field() { return document.getElementById("scan") || document.getElementById("probe"); }
  function words(name, count) { return (document.body.dataset[name] || "").replace("#", count); }

  // -- sound and touch --------------------------------------------------------------------------------------------
  var TONES = { // frequency in Hz, length in ms, pause; vibration pattern
    yes: { notes: [[1320, 90]], buzz: [60] },
    no: { notes: [[220, 450]], buzz: [400] },
    alarm: { notes: [[196, 300], [165, 300], [196, 300]], buzz: [400, 120, 400] },
    noted: { notes: [[740, 90], [740, 90]], buzz: [40, 60, 40] },
    ask: { notes: [[660, 140], [560, 140]], buzz: [120, 80, 120] }
  };
  function unlockSound() {
    var Context = window.AudioContext || window.webkitAudioContext;
    if (!audio && Context) { audio = new Context(); }
    if (audio && audio.state === "suspended") { audio.resume(); }
  }
  function play(tone) {
    var kind = TONES[tone];
    if (!kind) { return; }
    if (navigator.vibrate) { try { navigator.vibrate(kind.buzz); } catch (e) { /* refused before the first tap */ } }
    if (!audio || audio.state !== "running") { return; }
    var at = audio.currentTime;
    kind.notes.forEach(function (note) {
      var wave = audio.createOscillator();
      var volume = audio.createGain();
      wave.type = note[0] < 400 ? "square" : "sine";
      wave.frequency.value = note[0];
      volume.gain.setValueAtTime(note[0] < 400 ? 0.25 : 0.5, at);
      volume.gain.setTargetAtTime(0, at + note[1] / 1000 - 0.02, 0.01);
      wave.connect(volume); volume.connect(audio.destination);
      wave.start(at); wave.stop(at + note[1] / 1000 + 0.05);
      at += note[1] / 1000 + 0.06;
    });
  }

  // -- the queue --------------------------------------------------------------------------------------------------
  function newKey() {
    if (window.crypto && crypto.randomUUID) { return crypto.randomUUID(); } // not there on plain http
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64; bytes[8] = (bytes[8] & 63) | 128;
    var hex = Array.prototype.map.call(bytes, function (b) { return (b + 256).toString(16).slice(1); }).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
  function showWaiting() {
    var count = queue.length;
    var sign = document.getElementById("waiting");
    if (!sign) { return; }
    sign.textContent = "● " + words("waiting", count);
    sign.classList.toggle("is-waiting", count > 0);
  }
  function add(operation) {
    operation.key = newKey();
    queue.push(operation);
    showWaiting();
    sendNext();
  }
  function bodyOf(operation) {
    // The form of the frame that is shown now: the step may have moved on since the scan was made.
    var data = new FormData(form());
    data.set("key", operation.key);
    data.set("scan", operation.scan);
    data.delete("event");
    data.set("via", operation.via || "");
    if (operation.event) { data.set("event", operation.event); }
    var text = new URLSearchParams();
    data.forEach(function (value, name) { text.append(name, value); });
    return text;
  }
  function sendNext() {
    if (isSending || !queue.length || !form()) { return; }
    var operation = queue[0];
    if (!operation.body) { operation.body = bodyOf(operation); operation.url = operation.url || form().getAttribute("action"); }
    isSending = true;
    frame().classList.add("is-sending");
    fetch(operation.url, {
      method: "POST", body: operation.body, headers: { "X-Hand": "1" }, credentials: "same-origin", redirect: "follow"
    }).then(function (answer) {
      var number = answer.headers.get("X-Request-Id") || "";
      if (answer.status === 503 && number) { throw new NotDone("busy", number); }
      if (answer.status >= 502 && !number) { throw new NotDone("away", ""); } // a proxy answered for us
      return answer.text().then(function (text) { return { answer: answer, text: text }; });
    }).then(function (got) {
      isSending = false;
      queue.shift();
      var go = got.answer.headers.get("X-Go");
      if (go) { queue.length = 0; location.assign(go); return; }
      if (got.answer.status >= 500) { showFault(got.text, got.answer.headers.get("X-Request-Id")); return; }
      if (got.answer.redirected) { history.replaceState(null, "", got.answer.url); }
      put(got.text, got.answer.status);
      sendNext();
    }).catch(function (why) {
      // Not done, or nobody knows: keep the operation with its key, so that a second try cannot do it twice.
      isSending = false;
      operation.tries = (operation.tries || 0) + 1;
      frame().classList.remove("is-sending");
      showWaiting();
      tellDelay(why instanceof NotDone ? why : new NotDone("away", ""), operation.tries === 1);
      setTimeout(sendNext, Math.min(1000 * Math.pow(2, operation.tries - 1), 30000));
    });
  }
  function NotDone(words, number) { this.words = words; this.number = number; }
  function tellDelay(why, isFirst) {
    var message = document.getElementById("message");
    message.className = "message message-noted";
    message.setAttribute("role", "status");
    message.textContent = "";
    say(words(why.words) + (why.number ? " " + words("number", why.number) : ""), "◷");
    frame().classList.remove("frame-yes", "frame-no", "frame-ask");
    frame().classList.add("frame-noted");
    if (isFirst) { play("noted"); }
  }
  function put(text, status) {
    var page = new DOMParser().parseFromString(text, "text/html");
    var fresh = page.getElementById("frame");
    if (!fresh) { showFault("", ""); return; }
    var old = document.getElementById("scan");
    var begun = old && old.value !== old.defaultValue ? old.value : ""; // the next scan may be half in the field already
    frame().replaceWith(document.importNode(fresh, true));
    var tone = frame().dataset.tone || (status >= 400 ? "no" : "");
    if (tone === "no" || tone === "alarm") { refuse(); }
    if (tone === "yes") { frame().classList.add("flash-yes"); }
    play(tone);
    prepare(begun);
  }
  function refuse() {
    blockedUntil = Date.now() + BLOCK_MS;
    if (queue.length) { // scanned before the no was seen: they are not the answer to it
      refuseAloud(words("lost", queue.length));
      queue.length = 0;
    }
  }
  function showFault(text, number) {
    // The page of a fault says in words what is known of it, with its number.
    var said = text && new DOMParser().parseFromString(text, "text/html").querySelector(".message .words");
    queue.length = 0;
    frame().classList.remove("is-sending", "frame-noted", "frame-yes");
    frame().classList.add("frame-no");
    document.getElementById("message").textContent = "";
    refuseAloud(said ? said.textContent : words("fault") + (number ? " " + words("number", number) : ""));
    play("no");
    showWaiting();
    focus();
  }
  function say(text, sign) {
    var message = document.getElementById("message");
    [["sign", sign], ["words", text]].forEach(function (part) {
      if (!part[1]) { return; }
      var line = document.createElement("span");
      line.className = part[0];
      line.textContent = part[1];
      message.appendChild(line);
    });
  }
  function refuseAloud(text) {
    var message = document.getElementById("message");
    message.classList.remove("message-noted");
    message.classList.add("message-no");
    message.setAttribute("role", "alert");
    say(text, message.querySelector(".sign") ? "" : "✖");
  }

  // -- the field --------------------------------------------------------------------------------------------------
  function focus() {
    var input = field();
    if (input && document.activeElement !== input) { input.focus({ preventScroll: true }); }
  }
  function mayKeepFocus(element) {
    return element && /^(INPUT|SELECT|TEXTAREA|SUMMARY)$/.test(element.tagName);
  }
  function isAlarmOpen() { return frame().dataset.tone === "alarm"; }
  function take(text, via) {
    var input = field();
    var came = howItCame();
    if (input) { input.value = ""; }
    if (!text) { return; }
    if (Date.now() < blockedUntil) { play("no"); return; }
    if (isAlarmOpen()) { play("alarm"); refuseAloud(document.body.dataset.blocked || ""); return; }
    add({ scan: text, via: via || came });
  }
  function prepare(begun) {
    document.documentElement.classList.add("has-script");
    showWaiting();
    var input = field();
    if (input && input.id === "scan") {
      if (input.hasAttribute("data-asks-typing")) { startTyping(); }
      if (begun) { input.value = begun; input.setSelectionRange(begun.length, begun.length); } else if (input.value) { input.select(); }
    }
    focus();
    restartIdle();
  }
  function startTyping() {
    var input = document.getElementById("scan");
    if (!input) { return; }
    input.setAttribute("inputmode", input.dataset.typing || "text");
    input.form.classList.add("is-typing");
    input.blur(); input.focus();
  }
  function insert(input, text) {
    var start = input.selectionStart, end = input.selectionEnd;
    input.value = input.value.slice(0, start) + text + input.value.slice(end);
    input.setSelectionRange(start + text.length, start + text.length);
  }
  function restartIdle() {
    clearTimeout(idleTimer);
    var seconds = Number(document.body.dataset.idleSeconds || 0);
    if (seconds) { idleTimer = setTimeout(function () { if (!queue.length) { location.reload(); } }, (seconds + 5) * 1000); }
  }
  function probe(text) {
    var box = document.getElementById("scanner-test");
    document.getElementById("probe-text").textContent = text;
    document.getElementById("probe-signs").textContent = Array.prototype.map.call(text, function (sign) {
      return sign.charCodeAt(0).toString(16).padStart(2, "0");
    }).join(" ");
    var isGs1 = /^(\]C1|\]d2|\]Q3|\]e0|01\d{14}|00\d{18})/.test(text);
    var hasGs = /\x1d|␝|\{GS\}|<GS>/.test(text);
    document.getElementById("probe-advice").textContent = box.dataset.good + (isGs1 && !hasGs ? " " + box.dataset.noGs : "");
    play("yes");
  }

  document.addEventListener("keydown", function (event) {
    unlockSound();
    restartIdle();
    var input = field();
    var target = event.target;
    if (!input) { return; }
    if (event.ctrlKey && (event.code === "BracketRight" || event.key === "]")) { // GS as a scanner types it
      event.preventDefault();
      input.focus(); insert(input, "\u001d");
      return;
    }
    if (target !== input && !mayKeepFocus(target) && event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) {
      input.focus(); // the key itself then lands in the field
    }
    if ((event.key === "Enter" || event.key === "Tab") && document.activeElement === input && input.value) {
      event.preventDefault();
      var text = input.value;
      if (input.id === "probe") { input.value = ""; probe(text); } else { take(text); }
    }
  }, true);

  document.addEventListener("input", function (event) { if (event.target.id === "scan") { noteInput(event); } }, true);

  document.addEventListener("submit", function (event) {
    var sent = event.target;
    if (sent.id !== "scan-form") { return; }
    event.preventDefault();
    var button = event.submitter;
    if (button && button.name === "event") {
      if (queue.length) { return; } // a button answers what is shown, so it waits for what is under way
      var value = field() ? field().value : "";
      if (field()) { field().value = field().defaultValue; }
      add({ scan: value, event: button.value, via: howItCame(), url: button.getAttribute("formaction") || "" });
    } else if (button && button.name === "scan") {
      take(button.value, "button");
    } else {
      take(field() ? field().value : "");
    }
  });

  document.addEventListener("click", function (event) {
    unlockSound();
    restartIdle();
    var button = event.target.closest ? event.target.closest("button") : null;
    if (!button) { return; }
    if (button.hasAttribute("data-acknowledge")) {
      frame().dataset.tone = "";
      frame().classList.remove("frame-no", "frame-alarm");
      document.getElementById("message").textContent = "";
      document.getElementById("message").className = "message";
      blockedUntil = 0;
      focus();
    } else if (button.hasAttribute("data-type")) {
      startTyping();
    } else if (button.hasAttribute("data-digit")) {
      var input = document.getElementById("scan");
      if (button.dataset.digit === "back") { input.value = input.value.slice(0, -1); } else {
        if (input.selectionStart === 0 && input.selectionEnd === input.value.length) { input.value = ""; }
        input.value += button.dataset.digit;
        input.setSelectionRange(input.value.length, input.value.length);
      }
      focus();
    } else if (button.hasAttribute("data-add")) { // one more or one less in a field of the step, within its bounds
      var box = document.getElementById(button.dataset.field);
      var value = (Number(box.value) || 0) + Number(button.dataset.add);
      box.value = String(Math.min(Math.max(value, Number(box.dataset.least)), Number(box.dataset.most)));
      focus();
    } else if (button.hasAttribute("data-camera")) {
      import(document.body.dataset.cameraScript).then(function (camera) {
        return camera.open(function (text) { take(text, "scan"); });
      }).catch(function () { refuseAloud(document.body.dataset.noCamera || ""); play("no"); });
    }
  });
  ["pointerup", "mouseup", "click"].forEach(function (name) { // a tap's mouse events come late and take the focus away
    document.addEventListener(name, function (event) {
      if (!mayKeepFocus(event.target) && !(event.target.closest && event.target.closest("a, button, label, form:not(#scan-form)"))) {
        setTimeout(focus, 0);
      }
    });
  });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { focus(); sendNext(); } });
  window.addEventListener("online", sendNext);
  window.addEventListener("focus", focus);
  window.addEventListener("beforeunload", function (event) { if (queue.length) { event.preventDefault(); event.returnValue = ""; } });
  document.addEventListener("DOMContentLoaded", function () {
    // In the login form Enter after the badge goes on to the PIN.
    var steps = document.querySelector("form[data-steps]");
    if (steps) {
      steps.badge.addEventListener("keydown", function (event) {
        if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); if (steps.badge.value) { steps.pin.focus(); } }
      });
    }
    prepare();
    if (frame().dataset.tone) { play(frame().dataset.tone); }
  });
}());
