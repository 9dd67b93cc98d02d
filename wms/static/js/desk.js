/* The desk's script: forms that keep what was typed when they are refused, copy by one click, small menus, keys.
   Without it every form and link still works. */
"use strict";
(function () {
  function messages() { return document.getElementById("messages"); }
  function show(html) {
    var box = messages();
    box.replaceChildren.apply(box, Array.from(new DOMParser().parseFromString(html, "text/html").body.childNodes));
    var first = box.firstElementChild;
    if (first) { first.setAttribute("tabindex", "-1"); first.focus(); first.scrollIntoView({ block: "nearest" }); }
  }
  function showRefusal(text) {
    var line = document.createElement("div");
    line.className = "alert alert-danger";
    line.setAttribute("role", "alert");
    line.textContent = "✖ " + text;
    messages().replaceChildren(line);
    line.scrollIntoView({ block: "nearest" });
  }
  function showFault() { showRefusal(document.body.dataset.fault); }
  function replacePage(text) {
    var page = new DOMParser().parseFromString(text, "text/html");
    document.title = page.title;
    document.body.replaceWith(document.importNode(page.body, true));
    window.scrollTo(0, 0);
    if (window.htmx) { window.htmx.process(document.body); }
    prepare();
  }
  // A server that refuses a large body may close the line before it is read, and no sentence would arrive.
  function isTooLarge(form) {
    return Array.from(form.querySelectorAll("input[type=file][data-bytes-max]")).some(function (input) {
      var bytes = Array.from(input.files).reduce(function (sum, file) { return sum + file.size; }, 0);
      if (bytes <= Number(input.dataset.bytesMax)) { return false; }
      showRefusal(input.dataset.tooLarge);
      return true;
    });
  }
  // To another place of the page that is open the browser only scrolls; what was done is seen when the page comes anew.
  function goTo(address) {
    var there = new URL(address, location.href);
    var isHere = there.href.split("#")[0] === location.href.split("#")[0];
    location.assign(address);
    if (isHere && there.hash) { location.reload(); }
  }
  function send(form, button) {
    var data = new FormData(form);
    if (button && button.name) { data.append(button.name, button.value); }
    var hasFile = Array.from(data.values()).some(function (value) { return typeof value !== "string"; });
    var buttons = Array.from(form.querySelectorAll("button"));
    buttons.forEach(function (b) { b.disabled = true; });
    function release() { buttons.forEach(function (b) { b.disabled = false; }); }
    fetch((button && button.getAttribute("formaction")) || form.getAttribute("action") || location.href, {
      method: "POST", body: hasFile ? data : new URLSearchParams(data), headers: { "HX-Request": "true" }, credentials: "same-origin"
    }).then(function (answer) {
      var go = answer.headers.get("HX-Redirect");
      if (go) { goTo(go); return null; }
      if (answer.ok && answer.redirected) { goTo(answer.url); return null; }
      return answer.text().then(function (text) {
        release();
        if (answer.ok && /<body/.test(text)) { replacePage(text); } else { show(text); }
      });
    }).catch(function () { release(); showFault(); });
  }
  // On a narrow screen a row of a list stands as a card: each cell names its column (desk.css). Tables that are a grid of
  // their own, or have cells over several columns in their head, stay tables and scroll.
  function nameCells() {
    document.querySelectorAll(".table-box > table.table:not(.is-named):not(.line-form):not(.grid-ticks):not(.choice-table)").forEach(function (table) {
      var heads = table.tHead && table.tHead.rows.length === 1 ? Array.from(table.tHead.rows[0].cells) : [];
      if (heads.length < 3 || heads.some(function (th) { return th.colSpan > 1; })) { return; }
      table.classList.add("is-named");
      table.setAttribute("role", "table");
      Array.from(table.tBodies).concat(table.tFoot || []).forEach(function (body) {
        body.setAttribute("role", "rowgroup");
        Array.from(body.rows).forEach(function (row) {
          var at = 0;
          row.setAttribute("role", "row");
          Array.from(row.cells).forEach(function (cell) {
            var words = cell.colSpan === 1 && heads[at] ? heads[at].textContent.replace(/[▲▼]/g, "").trim() : "";
            cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
            if (words) { cell.dataset.column = words; }
            at += cell.colSpan;
          });
        });
      });
    });
  }
  function prepare() {
    document.documentElement.classList.add("has-script");
    nameCells();
    var here = document.querySelector(".rail [aria-current]"), rail = document.querySelector(".rail");
    if (here && rail && rail.scrollWidth > rail.clientWidth) { rail.scrollLeft = here.offsetLeft - rail.clientWidth / 2; }
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-plain") || form.hasAttribute("hx-post")) { return; }
    if (event.submitter && event.submitter.hasAttribute("data-plain")) { return; }
    event.preventDefault();
    if (isTooLarge(form)) { return; }
    send(form, event.submitter);
  });
  document.addEventListener("change", function (event) {
    if (event.target.hasAttribute("data-auto-submit")) { event.target.form.requestSubmit(); }
  });
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.drop[open]").forEach(function (open) {
      if (!open.contains(event.target)) { open.open = false; }
    });
    var button = event.target.closest ? event.target.closest("button[data-copy]") : null;
    if (button) { copy(button); }
    var closer = event.target.closest ? event.target.closest("[data-close-panel]") : null;
    if (closer) { document.getElementById("panel").replaceChildren(); }
    var printer = event.target.closest ? event.target.closest("[data-print]") : null;
    if (printer) { window.print(); }
  });
  function copy(button) {
    var text = button.dataset.copy;
    var done = function () {
      button.classList.add("is-copied");
      button.title = document.body.dataset.copied;
      setTimeout(function () { button.classList.remove("is-copied"); }, 1200);
    };
    if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(text).then(done); return; }
    var area = document.createElement("textarea"); // plain http has no clipboard object
    area.value = text;
    area.className = "visually-hidden";
    document.body.appendChild(area);
    area.select();
    if (document.execCommand("copy")) { done(); }
    area.remove();
    button.focus();
  }
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.drop[open]").forEach(function (open) { open.open = false; open.querySelector("summary").focus(); });
    }
    var isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
      var search = document.getElementById("q");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
  });
  document.addEventListener("htmx:after:swap", nameCells);
  document.addEventListener("DOMContentLoaded", prepare);
}());
