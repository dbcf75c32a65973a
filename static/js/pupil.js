// The calendar of codes: one stop of the Tab key, arrows between the sessions, the newest weeks in view.
(function () {
  "use strict";

  const table = document.querySelector("table[data-roving]");
  document.querySelectorAll("[data-to-end]").forEach((wrap) => { wrap.scrollLeft = wrap.scrollWidth; });
  if (!table) return;

  const places = () => [...table.querySelectorAll("tbody .c")];
  function rove(to) { places().forEach((place) => { place.tabIndex = place === to ? 0 : -1; }); }

  // Where each cell stands: the row's own head cells are counted away, so that a column is a week.
  function grid() {
    return [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("td")].map((cell) => cell.querySelector(".c")));
  }
  function step(from, down, across) {
    const rows = grid();
    const y = rows.findIndex((row) => row.includes(from));
    const x = rows[y].indexOf(from);
    for (let v = y + down, h = x + across; rows[v] && h >= 0 && h < rows[v].length; v += down, h += across) {
      if (rows[v][h]) return rows[v][h];
    }
    // Past Friday afternoon comes Monday morning of the next week, and back.
    if (!down) return null;
    for (let h = x + down; h >= 0 && h < rows[0].length; h += down) {
      const column = rows.map((row) => row[h]).filter(Boolean);
      if (column.length) return down > 0 ? column[0] : column[column.length - 1];
    }
    return null;
  }

  function begin() {
    const all = places();
    if (!all.length) return;
    if (all.filter((place) => place.tabIndex === 0).length !== 1) rove(table.querySelector(".now .c") || all[all.length - 1]);
  }
  begin();
  document.addEventListener("htmx:afterSettle", begin);
  document.addEventListener("htmx:oobAfterSwap", () => { const held = document.activeElement; rove(table.contains(held) && held.matches(".c") ? held : table.querySelector(".c[data-last]") || table.querySelector(".now .c") || places().pop()); });

  table.addEventListener("focusin", (event) => {
    if (!event.target.matches(".c")) return;
    rove(event.target);
    table.querySelectorAll("[data-last]").forEach((place) => place.removeAttribute("data-last"));
    event.target.dataset.last = "";
  });
  table.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const rows = grid();
    let next = null;
    if (event.key in moves) next = step(event.target, ...moves[event.key]);
    else if (event.key === "Home" || event.key === "End") {
      const row = rows.find((one) => one.includes(event.target)).filter(Boolean);
      next = event.key === "Home" ? row[0] : row[row.length - 1];
    } else return;
    event.preventDefault();
    if (next) next.focus();
  });
})();
