/* The document of the API, drawn by Swagger UI from our own server: nothing is asked or told elsewhere. */
"use strict";
window.addEventListener("DOMContentLoaded", function () {
  var place = document.getElementById("api-document");
  window.SwaggerUIBundle({
    url: place.dataset.url,
    domNode: place,
    validatorUrl: null,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayOperationId: false,
    filter: true,
    persistAuthorization: false,
    requestInterceptor: function (request) {
      // "Try it out" makes its own Idempotency-Key when none was typed.
      if (request.method && request.method.toUpperCase() === "POST" && !request.headers["Idempotency-Key"]) {
        request.headers["Idempotency-Key"] = String(Date.now()) + "-" + String(Math.random()).slice(2);
      }
      return request;
    }
  });
});
