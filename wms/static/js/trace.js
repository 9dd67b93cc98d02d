/* The graph of a trace: lines between the cards, the ways of the card in hand, arrow keys. Without it every link works. */
"use strict";
(function () {
  var NS = "http://www.w3.org/2000/svg";
  function graph() { return document.querySelector("[data-graph]"); }
  function draw() {
    var box = graph();
    if (!box) { return; }
    var svg = box.querySelector("svg.graph-lines"), ground = box.getBoundingClientRect();
    svg.replaceChildren();
    svg.setAttribute("width", String(box.scrollWidth));
    svg.setAttribute("height", String(box.scrollHeight));
    box.querySelectorAll(".graph-card").forEach(function (card) {
      (card.dataset.near || "").split(" ").forEach(function (id) {
        var other = id && document.getElementById("n" + id);
        if (!other) { return; }
        var a = other.getBoundingClientRect(), b = card.getBoundingClientRect();
        var isBack = a.left >= b.left;  // on one level, or a way back
        var x1 = (isBack ? a.left : a.right) - ground.left + box.scrollLeft, x2 = b.left - ground.left + box.scrollLeft;
        var y1 = a.top + a.height / 2 - ground.top + box.scrollTop, y2 = b.top + b.height / 2 - ground.top + box.scrollTop;
        var bend = isBack ? -30 : Math.max(20, (x2 - x1) / 2);
        var line = document.createElementNS(NS, "path");
        line.setAttribute("d", "M" + x1 + " " + y1 + "C" + (x1 + bend) + " " + y1 + " " + (x2 - Math.abs(bend)) + " " + y2 + " " + x2 + " " + y2);
        line.dataset.a = id;
        line.dataset.b = card.id.slice(1);
        svg.appendChild(line);
      });
    });
  }
  function show() {
    draw();
    var found = document.querySelector(".graph-card.is-found");
    if (found) { found.scrollIntoView({ block: "nearest", inline: "center" }); draw(); }
  }
  // The ways from a card to the start, and on to what lies behind it.
  function light(card) {
    var box = graph(), on = {};
    if (!box) { return; }
    var lines = Array.from(box.querySelectorAll(".graph-lines path"));
    function go(id, from, to, seen) {
      lines.forEach(function (line) {
        if (line.dataset[from] === id && !seen[line.dataset[to]]) { seen[line.dataset[to]] = true; on[line.dataset[to]] = true; line.classList.add("is-on"); go(line.dataset[to], from, to, seen); }
        else if (line.dataset[from] === id) { line.classList.add("is-on"); }
      });
    }
    lines.forEach(function (line) { line.classList.remove("is-on"); });
    box.querySelectorAll(".graph-card.is-on").forEach(function (one) { one.classList.remove("is-on"); });
    if (!card) { return; }
    var id = card.id.slice(1);
    go(id, "b", "a", {});
    go(id, "a", "b", {});
    Object.keys(on).forEach(function (other) { var one = document.getElementById("n" + other); if (one) { one.classList.add("is-on"); } });
  }
  function step(card, key) {
    var columns = Array.from(graph().querySelectorAll(".graph-column"));
    var at = columns.indexOf(card.closest(".graph-column"));
    var cards = Array.from(columns[at].querySelectorAll(".graph-card, .graph-more")), place = cards.indexOf(card);
    if (key === "ArrowDown") { return cards[place + 1]; }
    if (key === "ArrowUp") { return cards[place - 1]; }
    var next = columns[at + (key === "ArrowRight" ? 1 : -1)];
    if (!next) { return null; }
    var tied = Array.from(next.querySelectorAll(".graph-card")).find(function (one) {
      return (one.dataset.near || "").split(" ").indexOf(card.id.slice(1)) >= 0 || (card.dataset.near || "").split(" ").indexOf(one.id.slice(1)) >= 0;
    });
    return tied || next.querySelector(".graph-card, .graph-more");
  }
  document.addEventListener("focusin", function (event) {
    var card = event.target.closest ? event.target.closest(".graph-card") : null;
    if (graph()) { light(card); }
  });
  document.addEventListener("mouseover", function (event) {
    var card = event.target.closest ? event.target.closest(".graph-card") : null;
    if (card) { light(card); }
  });
  document.addEventListener("keydown", function (event) {
    var card = event.target.closest ? event.target.closest(".graph-card, .graph-more") : null;
    if (!card || !graph() || ["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"].indexOf(event.key) < 0) { return; }
    var next = step(card, event.key);
    if (next) { event.preventDefault(); next.focus(); }
  });
  document.addEventListener("submit", function (event) {
    var busy = event.target.hasAttribute("data-busy") ? event.target.querySelector(".trace-busy") : null;
    if (busy) { busy.hidden = false; }
  });
  window.addEventListener("pageshow", function () { document.querySelectorAll(".trace-busy").forEach(function (one) { one.hidden = true; }); });
  window.addEventListener("resize", draw);
  document.addEventListener("htmx:after:swap", show);
  show();
}());
