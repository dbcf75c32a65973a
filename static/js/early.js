// Before anything is drawn: projector mode, so that nothing private flashes up on the wall.
(function () {
  "use strict";
  let kept = null;
  try { kept = localStorage.getItem("office-projector"); } catch (refused) { kept = null; }
  if (kept === "on") document.documentElement.classList.add("projector");
  if (kept === "off") document.documentElement.classList.remove("projector");
  document.documentElement.classList.add("scripted");
})();
