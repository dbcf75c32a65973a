// Letters due: on a narrow screen the letter stands below the list, so choosing a pupil goes there.
(function () {
  "use strict";
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "preview" || !window.matchMedia("(max-width: 1100px)").matches) return;
    event.target.scrollIntoView();
    const title = event.target.querySelector("#preview-title");
    if (title) title.focus({ preventScroll: true });
  });
})();
