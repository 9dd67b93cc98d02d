/* The form of a production report: a scan chooses the line of its lot. Without it every field is typed by hand. */
"use strict";
(function () {
  function bare(text) { return text.replace(/[\u001d\s]/g, ""); }
  // The longest lot number that the scan ends with, or holds: a label may carry item and day before the lot.
  function find(scan) {
    var best = null;
    document.querySelectorAll(".report-lot[data-lot]").forEach(function (row) {
      var lot = bare(row.dataset.lot);
      if (lot && scan.indexOf(lot) >= 0 && (!best || lot.length > bare(best.dataset.lot).length)) { best = row; }
    });
    return best;
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
