// Every page: requests, focus after swaps, announcements, slide-over, keys, projector mode, the idle lock.
// Pages work without it; it saves steps.
(function () {
  "use strict";

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

  function keep(name, value) { try { localStorage.setItem(name, value); } catch (refused) { /* private window: not kept */ } }
  function kept(name) { try { return localStorage.getItem(name); } catch (refused) { return null; } }

  // ---------- what is spoken ----------
  let waiting = 0;
  function say(words) {
    const live = byId("say");
    if (!live || !words) return;
    live.textContent = "";
    clearTimeout(waiting);
    waiting = setTimeout(() => { live.textContent = words; }, 60);
  }

  function toast(words, kind) {
    const place = byId("toasts");
    if (!place) return;
    const box = document.createElement("div");
    box.className = "toast " + (kind || "success");
    box.dataset.toast = "";
    const text = document.createElement("span");
    text.textContent = words;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "x";
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", "Close this message");
    close.textContent = "\u00d7";
    box.append(text, close);
    place.replaceChildren(box);
    say(words);
  }

  function sayWithin(piece) {
    if (!piece || piece.nodeType !== 1) return;
    const speaker = piece.matches("[data-say]") ? piece : piece.querySelector("[data-say]");
    if (speaker) say(speaker.dataset.say);
  }

  window.office = { say: say, toast: toast };

  // ---------- requests ----------
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
    // What asks by itself does not count as a person at work.
    const asks = event.detail.elt.getAttribute("hx-trigger") || "";
    if (!event.detail.triggeringEvent && asks.includes("every ")) event.detail.headers["X-Office-Poll"] = "1";
  });
  document.addEventListener("htmx:sendError", () => toast("Not sent: the office cannot be reached. Check the network and try again.", "error"));
  document.addEventListener("htmx:timeout", () => toast("Not sent: the office took too long to answer. Try again.", "error"));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const words = { 403: "Your role does not include this.", 404: "It is not there any more. Load the page again.", 409: "Somebody changed it meanwhile. Load the page again." };
    toast(words[status] || "Not done: something went wrong in the office. Nothing was changed.", "error");
  });
  // A refusal is drawn where the answer would have been: 422 carries the form with its errors.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("say", (event) => say(event.detail.value));
  document.addEventListener("toast", (event) => toast(event.detail.value));

  // ---------- focus after a swap: the same control, else the heading of the new piece ----------
  let lost = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const held = document.activeElement;
    const target = event.detail.target;
    lost = held && target && target.contains(held) && held !== document.body
      ? { id: held.id, mark: held.dataset.focus, row: held.closest("[data-row][id]") && held.closest("[data-row][id]").id }
      : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const piece = event.detail.elt;
    sayWithin(piece);
    if (piece && piece.id === "over") return openOver(event.detail.requestConfig);
    if (!lost || (document.activeElement && document.activeElement !== document.body)) return undefined;
    const again = (lost.id && byId(lost.id))
      || (lost.mark && document.querySelector('[data-focus="' + CSS.escape(lost.mark) + '"]'))
      || (lost.row && byId(lost.row));
    focusOn(again || firstIn(piece) || byId("main"));
    lost = null;
    return undefined;
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => sayWithin(event.detail.elt));

  function firstIn(piece) {
    if (!piece || !piece.isConnected) return null;
    return piece.querySelector("[autofocus], [data-errors], h1, h2, h3") || piece;
  }
  function focusOn(place) {
    if (!place) return;
    if (place.tabIndex < 0 && !place.hasAttribute("tabindex")) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: false });
  }

  // ---------- slide-over and dialogs ----------
  let opener = null;
  function openOver(config) {
    const over = byId("over");
    // The answer to an act that was done leaves nothing to show: what has just closed stays closed.
    if (!over.open && !over.childElementCount) return;
    if (!over.open) {
      opener = config && config.elt ? config.elt : null;
      over.classList.toggle("broad", Boolean(opener && opener.hasAttribute("data-over-broad")));
      over.showModal();
    }
    focusOn(over.querySelector("[data-errors], [autofocus], #over-title, h2, input, button"));
  }
  function closeOver() { const over = byId("over"); if (over && over.open) over.close(); }
  document.addEventListener("over-close", closeOver);
  document.addEventListener("close", (event) => {
    if (event.target.id !== "over") return;
    event.target.replaceChildren();
    const back = opener && (opener.isConnected ? opener : opener.id && byId(opener.id));
    focusOn(back || document.querySelector("main h1"));
    opener = null;
  }, true);

  document.addEventListener("click", (event) => {
    const press = event.target.closest("[data-opens], [data-close], [data-dismiss], [data-projector], [data-stay-in], [data-print]");
    if (!press) {
      document.querySelectorAll("details[data-menu][open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
      return;
    }
    if (press.matches("[data-opens]")) {
      const dialog = byId(press.dataset.opens);
      if (dialog && dialog.showModal) { event.preventDefault(); dialog.showModal(); }
    } else if (press.matches("[data-close]")) {
      press.closest("dialog").close();
    } else if (press.matches("[data-dismiss]")) {
      press.closest("[data-toast]").remove();
      focusOn(document.querySelector("main h1"));
    } else if (press.matches("[data-projector]")) {
      setProjector(!root.classList.contains("projector"));
    } else if (press.matches("[data-stay-in]")) {
      stay();
      press.closest("dialog").close();
    } else {
      window.print();
    }
  });

  // ---------- keys ----------
  const single = byId("single-keys");
  if (single) {
    single.checked = kept("office-single-keys") !== "off";
    single.addEventListener("change", () => keep("office-single-keys", single.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "F8" && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      setProjector(!root.classList.contains("projector"));
      return;
    }
    if (event.key === "Escape") return void escape(event);
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest(FIELDS) || document.querySelector("dialog[open]") || (single && !single.checked)) return;
    if (event.key === "/" && byId("find")) { event.preventDefault(); byId("find").focus(); byId("find").select(); }
    if (event.key === "?" && byId("help")) { event.preventDefault(); byId("help").showModal(); }
    const press = event.key.length === 1 && document.querySelector('[data-page-key="' + CSS.escape(event.key.toLowerCase()) + '"]');
    if (press) { event.preventDefault(); press.click(); }
  });
  function escape(event) {
    const menu = event.target.closest("details[data-menu][open], details.receipt[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    if (event.target.closest("[data-find]")) { byId("found").replaceChildren(); byId("find").focus(); byId("find").value = ""; }
  }

  // Find a pupil: arrows walk the list under the box.
  const find = document.querySelector("[data-find]");
  if (find) {
    find.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      const places = [byId("find"), ...find.querySelectorAll(".found a")];
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = places[places.indexOf(document.activeElement) + step];
      if (next) { event.preventDefault(); next.focus(); }
    });
    find.addEventListener("focusout", (event) => {
      if (!find.contains(event.relatedTarget)) setTimeout(() => { if (!find.contains(document.activeElement)) byId("found").replaceChildren(); }, 150);
    });
  }

  // ---------- projector mode ----------
  function setProjector(on, quiet) {
    root.classList.toggle("projector", on);
    document.querySelectorAll("[data-projector]").forEach((button) => button.setAttribute("aria-pressed", String(on)));
    if (quiet) return;
    keep("office-projector", on ? "on" : "off");
    say(on ? "Projector mode on: reasons, flags and addresses are hidden" : "Projector mode off");
  }
  setProjector(root.classList.contains("projector"), true);

  // ---------- small helps of the page ----------
  document.querySelectorAll("[data-errors]").forEach((box) => focusOn(box));
  document.querySelectorAll("[data-toast][data-say]").forEach((box) => say(box.dataset.say));
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-live]");
    if (form && !event.target.closest("[data-waits]") && event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) form.requestSubmit();
  });
  // A file that is too large is told before it is sent; the server refuses it as well.
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches("input[type=file][data-largest]")) return;
    const megabytes = Number(box.dataset.largest);
    const large = [...box.files].find((file) => file.size > megabytes * 1024 * 1024);
    box.setCustomValidity(large ? large.name + " is larger than " + megabytes + " MB. Split it by year group." : "");
    if (large) box.reportValidity();
  });
  // A region that does not scroll need not be a stop of the Tab key; one that scrolls sideways says so on a phone.
  function stops() {
    document.querySelectorAll(".scroll, .calwrap").forEach((region) => {
      const scrolls = region.scrollWidth > region.clientWidth + 1 || region.scrollHeight > region.clientHeight + 1;
      region.classList.toggle("pans", region.scrollWidth > region.clientWidth + 1);
      if (scrolls) region.setAttribute("tabindex", "0"); else region.removeAttribute("tabindex");
    });
  }
  stops();
  window.addEventListener("resize", stops);
  document.addEventListener("htmx:afterSettle", stops);

  // A table drawn as cards on a phone stays a table for the ear: some browsers forget it once its display is no table's.
  const ROLES = { THEAD: "rowgroup", TBODY: "rowgroup", TFOOT: "rowgroup", TR: "row", TD: "cell" };
  function tellTables() {
    document.querySelectorAll("table.stack").forEach((table) => {
      if (!table.hasAttribute("role")) table.setAttribute("role", "table");
      table.querySelectorAll("thead, tbody, tfoot, tr, th, td").forEach((part) => {
        if (part.hasAttribute("role") || part.closest("table") !== table) return;
        part.setAttribute("role", ROLES[part.tagName] || (part.closest("thead") ? "columnheader" : "rowheader"));
      });
    });
  }
  tellTables();
  document.addEventListener("htmx:afterSettle", tellTables);

  // The clock in the bar runs on from the office's time, not from the machine's.
  const clock = document.querySelector("[data-clock]");
  if (clock) {
    const drawn = Date.now();
    const office = Date.parse(clock.dateTime);
    const show = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    setInterval(() => {
      const part = Object.fromEntries(show.formatToParts(new Date(office + Date.now() - drawn)).map((one) => [one.type, one.value]));
      const words = part.weekday + " " + part.day + " " + part.month.slice(0, 3) + ", " + part.hour + ":" + part.minute;
      if (clock.textContent !== words) clock.textContent = words;
    }, 5000);
  }

  // ---------- the idle lock: warned a minute before, shared by all tabs ----------
  const idle = Number(document.body.dataset.idle || 0) * 1000;
  if (idle) {
    let told = Date.now();          // when the office last heard from this person, in any tab
    let used = 0;                   // when this person last touched this page
    keep("office-seen", String(told));
    const heard = () => { told = Date.now(); keep("office-seen", String(told)); };
    document.addEventListener("htmx:afterRequest", (event) => {
      const config = event.detail.requestConfig;
      if (event.detail.successful && !(config && config.headers && config.headers["X-Office-Poll"])) heard();
    });
    ["keydown", "pointerdown", "scroll"].forEach((kind) => document.addEventListener(kind, () => { used = Date.now(); }, { passive: true, capture: true }));
    document.addEventListener("office:heard", heard);
    setInterval(() => {
      told = Math.max(told, Number(kept("office-seen") || 0));
      const left = idle - (Date.now() - told);
      const dialog = byId("idle");
      if (left <= 0) { window.location.reload(); return; }
      if (used > told && Date.now() - told > Math.min(idle / 3, 120000) && left > 60000) { stay(); return; }
      if (left <= 60000) {
        dialog.querySelector("[data-idle-left]").textContent = String(Math.ceil(left / 1000));
        if (!dialog.open) { dialog.showModal(); say("The office locks in one minute. Press Enter to stay signed in."); }
      } else if (dialog.open) {
        dialog.close();
      }
    }, 1000);
  }
  function stay() {
    const path = document.body.dataset.stay || window.location.href;
    keep("office-seen", String(Date.now()));
    fetch(path, { method: "HEAD", credentials: "same-origin", redirect: "manual", cache: "no-store" })
      .then((answer) => { if (answer.type === "opaqueredirect") window.location.reload(); else document.dispatchEvent(new CustomEvent("office:heard")); })
      .catch(() => toast("The office cannot be reached. Check the network.", "error"));
  }
})();
