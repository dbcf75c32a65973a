// Lists: rows by key, selection, and a bar that says how many. Keys work only while the list has the focus.
(function () {
  "use strict";

  const TYPED = "input:not([type=checkbox], [type=radio]), textarea, select";

  const rowsOf = (list) => [...list.querySelectorAll("tr[data-row]:not([hidden])")];
  const boxOf = (row) => row.querySelector("input[type=checkbox][name]");
  const boxesOf = (list) => rowsOf(list).map(boxOf).filter((box) => box && !box.disabled);

  function rove(list, to) {
    rowsOf(list).forEach((row) => { row.tabIndex = row === to ? 0 : -1; row.classList.toggle("cur", row === to && list.contains(document.activeElement)); });
  }

  function begin(list) {
    const rows = rowsOf(list);
    if (!rows.length) { count(list); return; }
    if (!rows.some((row) => row.tabIndex === 0)) rove(list, rows[0]);
    rows.forEach((row) => { if (!row.hasAttribute("tabindex")) row.tabIndex = -1; });
    count(list);
  }

  function count(list) {
    const boxes = boxesOf(list);
    const chosen = boxes.filter((box) => box.checked);
    boxes.forEach((box) => box.closest("tr").classList.toggle("sel", box.checked));
    const page = list.querySelector("[data-select-page]");
    if (page) {
      page.checked = boxes.length > 0 && chosen.length === boxes.length;
      page.indeterminate = chosen.length > 0 && chosen.length < boxes.length;
    }
    const all = list.querySelector("[data-all]");
    const offer = list.querySelector("[data-select-all]");
    const whole = chosen.length === boxes.length && boxes.length > 0;
    if (all && !whole) all.value = "";
    const total = all && all.value ? Number(offer.dataset.selectAll) : chosen.length;
    if (offer) offer.hidden = !whole || Boolean(all && all.value) || Number(offer.dataset.selectAll) <= boxes.length;
    list.querySelectorAll("[data-count]").forEach((place) => { place.textContent = total.toLocaleString("en-GB"); });
    list.querySelectorAll("[data-one]").forEach((place) => { place.textContent = total === 1 ? place.dataset.one : place.dataset.many; });
    const bar = list.querySelector("[data-bar]");
    if (bar && boxes.length) bar.hidden = total === 0;
    return total;
  }

  function told(list) { const total = count(list); if (window.office) window.office.say(total + " selected"); }

  function go(list, row) { if (!row) return; rove(list, row); row.focus(); row.classList.add("cur"); }

  document.addEventListener("change", (event) => {
    const list = event.target.closest("[data-list]");
    if (!list || event.target.type !== "checkbox") return;
    if (event.target.matches("[data-select-page]")) boxesOf(list).forEach((box) => { box.checked = event.target.checked; });
    told(list);
  });

  document.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-select-all]");
    if (!offer) return;
    const list = offer.closest("[data-list]");
    list.querySelector("[data-all]").value = "1";
    told(list);
    const act = list.querySelector("[data-bar] .btn.primary");
    if (act) act.focus();
  });

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest && event.target.closest("[data-list] tr[data-row]");
    document.querySelectorAll("[data-list] tr.cur").forEach((old) => { if (old !== row) old.classList.remove("cur"); });
    if (row) rove(row.closest("[data-list]"), row);
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-list] tr[data-row]");
    if (!row || event.ctrlKey || event.altKey || event.metaKey || event.target.closest(TYPED)) return;
    const list = row.closest("[data-list]");
    const rows = rowsOf(list);
    const at = rows.indexOf(row);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onRow = event.target === row;
    const moves = { j: at + 1, ArrowDown: at + 1, k: at - 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    if (key in moves) { event.preventDefault(); go(list, rows[moves[key]]); return; }
    if (key === "x" && boxOf(row) && !boxOf(row).disabled) { event.preventDefault(); boxOf(row).checked = !boxOf(row).checked; told(list); return; }
    if (key === "Enter" && onRow) {
      const open = row.querySelector("[data-open], th a, a");
      if (open) { event.preventDefault(); open.click(); }
      return;
    }
    if (key.length !== 1) return;
    const press = row.querySelector('[data-key="' + CSS.escape(key) + '"]') || bulk(list, key);
    if (press) { event.preventDefault(); press.click(); }
  });

  function bulk(list, key) {
    const press = list.querySelector('[data-bulk-key="' + CSS.escape(key) + '"]');
    return press && boxesOf(list).some((box) => box.checked) ? press : null;
  }

  function beginAll() { document.querySelectorAll("[data-list]").forEach(begin); }
  beginAll();
  document.addEventListener("htmx:afterSettle", beginAll);
})();
