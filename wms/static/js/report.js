/* The form of a production report: a scan chooses the line of its lot. Without it every field is typed by hand. */
"use strict";
(function () {
  function bare(text) { return text.replace(/\s/g, ""); }
  // What a label says of the lot: (10)LOT, an element string up to its end or GS, a Digital Link; else the scan is the lot.
  function lotOf(scan) {
    var said = /\(10\)([^(\u001d]+)/.exec(scan) || /\/10\/([^/?#]+)/.exec(scan);
    if (said) { try { return decodeURIComponent(said[1]); } catch (_error) { return said[1]; } }
    var parts = scan.replace(/^\](C1|e0|d2|Q3)/, "").split("\u001d");
    for (var i = 0; i < parts.length; i += 1) {
      var rest = parts[i].replace(/^(0[0][0-9]{18}|0[12][0-9]{14}|1[1-7][0-9]{6})+/, "");
      if (/^10./.test(rest) && (rest !== parts[i] || parts.length > 1)) { return rest.slice(2); }
    }
    return scan;
  }
  // The line of that very lot; where a label cannot be read, the longest number that the scan ends with.
  function find(scan) {
    var rows = Array.from(document.querySelectorAll(".report-lot[data-lot]")), lot = lotOf(scan);
    var same = rows.find(function (row) { return bare(row.dataset.lot) === lot; });
    if (same) { return same; }
    return rows.filter(function (row) { var one = bare(row.dataset.lot); return one.length > 3 && scan.slice(-one.length) === one; })
      .sort(function (a, b) { return bare(b.dataset.lot).length - bare(a.dataset.lot).length; })[0] || null;
  }
  document.addEventListener("keydown", function (event) {
    var field = event.target;
    if (event.key !== "Enter" || !field || field.id !== "f-scan") { return; }
    event.preventDefault();
    var scan = bare(field.value), said = document.getElementById("scan-said");
    if (!scan) { return; }
    var row = find(scan);
    document.querySelectorAll(".report-lot.is-chosen").forEach(function (one) { one.classList.remove("is-chosen"); });
    field.value = "";
    said.textContent = row ? row.dataset.lot : field.dataset.missing;
    if (!row) { return; }
    row.classList.add("is-chosen");
    var input = row.querySelector("input:not([disabled])");
    if (input) { input.focus(); input.select(); }
    row.scrollIntoView({ block: "center" });
  });
})();
