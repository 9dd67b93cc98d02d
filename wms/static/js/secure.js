/* Whether the browser grants this page what needs a secure context: it knows better than the server, which sees but the last
   hop. Without script the server's own judgement stands. */
"use strict";
(function () {
  var notice = document.getElementById("plain-http");
  if (notice && typeof window.isSecureContext === "boolean") { notice.hidden = window.isSecureContext; }
})();
