/* The door wall: rings while an alarm stands, and says so when the server no longer answers.
   Renewing the screen itself is htmx's (every 0.4 s, 204 while nothing changed). */
"use strict";
(function () {
  var STALE_AFTER_MS = 5000;
  var RING_EVERY_MS = 1600;
  var answeredAt = Date.now();
  var audio = null;

  function start() {
    var Context = window.AudioContext || window.webkitAudioContext;
    if (!audio && Context) { audio = new Context(); }
    if (audio && audio.state === "suspended") { audio.resume().then(showSound, showSound); }
    showSound();
  }
  function showSound() {
    var button = document.getElementById("sound");
    if (button) { button.hidden = Boolean(audio && audio.state === "running"); }
  }
  function ring() {
    if (!document.querySelector(".wall.is-alarm")) { return; }
    document.body.dataset.rang = String(Number(document.body.dataset.rang || 0) + 1);
    if (!audio || audio.state !== "running") { return; }
    [[880, 0], [660, 0.28], [880, 0.56]].forEach(function (note) {
      var at = audio.currentTime + note[1];
      var wave = audio.createOscillator();
      var volume = audio.createGain();
      wave.type = "square";
      wave.frequency.value = note[0];
      volume.gain.setValueAtTime(0.3, at);
      volume.gain.setTargetAtTime(0, at + 0.22, 0.02);
      wave.connect(volume); volume.connect(audio.destination);
      wave.start(at); wave.stop(at + 0.3);
    });
  }
  function watch() {
    var stale = document.getElementById("stale");
    stale.hidden = Date.now() - answeredAt < STALE_AFTER_MS;
  }

  // A refusal must not take the wall's place: it keeps what it shows, and grows stale until an answer comes.
  document.addEventListener("htmx:before:response", function (event) {
    var status = event.detail.ctx.response.status;
    if (status < 400) { answeredAt = Date.now(); watch(); return; }
    var go = event.detail.ctx.response.headers.get("HX-Redirect");
    if (go) { location.assign(go); }
    event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", function () { ring(); });
  document.addEventListener("click", start);
  document.addEventListener("keydown", start);
  document.addEventListener("DOMContentLoaded", function () {
    document.documentElement.classList.add("has-script");
    start();
    ring();
    setInterval(ring, RING_EVERY_MS);
    setInterval(watch, 1000);
  });
}());
