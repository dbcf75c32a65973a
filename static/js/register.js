// Taking a register: type a code and the next pupil follows; every mark is saved within a second, and says when.
// Without this script the same form is filled in and sent whole.
(function () {
  "use strict";

  const form = document.getElementById("register");
  if (!form) return;
  const page = JSON.parse(document.getElementById("register-page").textContent);
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const shut = "shut" in form.dataset;
  const codes = new Map(page.codes.map((code) => [code.s, code]));
  const rows = [...form.querySelectorAll("tr[data-pupil]")];
  const byPupil = new Map(rows.map((row) => [row.dataset.pupil, row]));
  const fill = document.getElementById("fill");
  const finish = document.getElementById("finish");
  const banner = document.getElementById("offline");
  const overall = document.getElementById("all-saved");
  const picker = document.getElementById("codes");
  const say = (words) => window.office && window.office.say(words);
  const toast = (words, kind) => window.office && window.office.toast(words, kind);

  const codeOf = (row) => row.querySelector("input.code");
  const minutesOf = (row) => row.querySelector("input.mins");
  const whereOf = (row) => row.querySelector("input.whr");    // only on the register of a lesson
  const isElsewhere = (code) => code === page.elsewhere;
  const fillOf = (row) => row.dataset.fill || page.present;
  const nameOf = (row) => row.querySelector("th").textContent.trim();
  const isLate = (code) => code === "L" || code === "U";
  const slash = (code) => (code === "/" || code === "\\" ? page.present : code);
  const familyOf = (code) => (codes.has(code) ? codes.get(code).f : known[code] || "");
  const known = {};
  rows.forEach((row) => { const box = codeOf(row); if (box.value) known[box.value] = [...box.classList].find((name) => name !== "code") || ""; });

  // What each row says now, what the office last said, and what is on its way.
  const state = new Map(rows.map((row) => [row, {
    was: codeOf(row).dataset.was, minutes: minutesOf(row).value, where: whereOf(row) ? whereOf(row).value : "", code: codeOf(row).dataset.was, dirty: false, held: false,
  }]));
  rows.forEach((row) => { const one = state.get(row); const typed = codeOf(row).value.toUpperCase(); if (typed && typed !== one.was) { one.code = typed; one.dirty = true; } });

  // ---------- drawing ----------
  const ICON = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "i");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", "#s-" + name);
    svg.append(use);
    return svg;
  };
  function status(row, css, icon, words, actions) {
    const place = row.querySelector("td.sv .saved");
    place.className = "saved " + css;
    const text = document.createElement("span");
    text.textContent = words;
    place.replaceChildren(...(icon ? [ICON(icon)] : []), text, ...(actions || []));
    row.classList.toggle("failed", css === "failed");
    row.classList.toggle("clash", css === "clash");
  }
  function draw(row) {
    const one = state.get(row);
    const box = codeOf(row);
    box.value = one.code;
    box.className = ("code " + familyOf(one.code)).trim();
    box.removeAttribute("aria-invalid");
    const label = row.querySelector("label.minutes");
    label.classList.toggle("away", !isLate(one.code));
    if (!isLate(one.code)) { one.minutes = ""; minutesOf(row).value = ""; minutesOf(row).classList.remove("bad"); }
    const place = row.querySelector("label.where");
    if (place) place.classList.toggle("away", !isElsewhere(one.code));
    if (place && !isElsewhere(one.code)) { one.where = ""; whereOf(row).value = ""; }
    const words = row.querySelector(".words");
    row.querySelector("td.note").classList.toggle("has", isLate(one.code) || isElsewhere(one.code) || words.textContent.trim() !== "");
    const quick = [...row.querySelectorAll(".quick button")];
    let other = true;
    quick.forEach((button) => {
      if (button.dataset.code === "?") return;
      const on = button.dataset.code === one.code;
      button.setAttribute("aria-pressed", String(on));
      if (on) other = false;
    });
    const more = quick.find((button) => button.dataset.code === "?");
    if (!more) return;
    const shown = other && one.code;
    more.textContent = shown ? one.code : "\u2026";
    more.className = shown ? familyOf(one.code) : "";
    more.setAttribute("aria-pressed", String(Boolean(shown)));
    more.setAttribute("aria-label", shown ? "Other code, now " + one.code : "Other code");
  }
  function explain(row, words) {
    const place = row.querySelector(".words");
    place.textContent = words;
    row.querySelector("td.note").classList.toggle("has", words !== "" || isLate(state.get(row).code) || isElsewhere(state.get(row).code));
  }
  // An L after the close became U, or stands as the office said: the code that fits better is one button away.
  function offer(row, words) {
    const late = state.get(row).code === "L";
    if (!page.better || (done && !page.amends)) return;
    const button = (code, text, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "btn slim";
      made.dataset.better = code;
      made.textContent = text;
      made.addEventListener("click", act);
      return made;
    };
    const use = (code) => () => { if (enter(row, code)) { explain(row, ""); codeOf(row).focus(); } };
    const shown = late
      ? [button("U", "U came after", use("U"))]
      : page.better.map((code) => button(code.s, code.s + " " + code.n, use(code.s))).concat(button("?", "Another code", () => choose(row)));
    const group = document.createElement("span");
    group.className = "better";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", (late ? "Came after it closed: " : "A better code for ") + nameOf(row));
    group.append(...shown);
    row.querySelector(".words").append(" ", group);
    say(nameOf(row) + ": " + words + " " + (late ? "" : "The better codes are offered beside the mark."));
  }
  function count() {
    const tally = { present: 0, late: 0, absent: 0, not_possible: 0, unmarked: 0 };
    const kinds = { p: "present", l: "late", a: "absent", u: "absent", x: "not_possible" };
    rows.forEach((row) => { tally[kinds[familyOf(state.get(row).code)] || "unmarked"] += 1; });
    Object.entries(tally).forEach(([name, number]) => {
      const place = document.querySelector('[data-count="' + name + '"]');
      if (place.textContent !== String(number)) place.textContent = String(number);
    });
    fill.disabled = tally.unmarked === 0;
    return tally;
  }
  function whole(icon, words, css) {
    overall.className = "saved " + (css || "");
    const text = document.createElement("span");
    text.textContent = words;
    overall.replaceChildren(ICON(icon), text);
  }
  function drawWhole() {
    const waiting = rows.filter((row) => state.get(row).dirty).length;
    const marked = rows.filter((row) => state.get(row).was).length;
    if (failing) whole("alert", waiting + " not saved, trying again", "failed");
    else if (waiting) whole("wait", marked + " saved, " + waiting + " saving", "");
    else if (done) whole("done", "Taken " + done, "");
    else if (saved) whole("done", "All saved " + saved, "");
  }

  // ---------- saving: batches under a key, sent again under the same key until the office has answered ----------
  let timer = 0;
  let flight = null;      // {key, body, rows, finish}
  let failing = 0;
  let wantsFinish = false;
  let saved = "";
  let done = "";
  let leaving = false;

  // Where the page is not on https, the browser has no randomUUID.
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte, n) => {
      const value = n === 6 ? (byte & 15) | 64 : n === 8 ? (byte & 63) | 128 : byte;
      return value.toString(16).padStart(2, "0");
    }).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
  function soon(wait) {
    if (timer) return;
    timer = setTimeout(() => { timer = 0; send(); }, wait === undefined ? 500 : wait);
  }
  const said = (one) => one.code + "|" + one.minutes + "|" + one.where;
  function ready() {
    return rows.filter((row) => { const one = state.get(row); return one.dirty && !one.held && !one.refused && one.code; });
  }
  function send() {
    if (flight) return;
    const batch = ready();
    if (!batch.length && !wantsFinish) return;
    if (wantsFinish && rows.some((row) => state.get(row).refused)) wantsFinish = false;
    if (!batch.length && !wantsFinish) return;
    // A register with an L on its way is finished after its answer: who came after the close may have a better code.
    const finishes = wantsFinish && !(page.better && batch.some((row) => state.get(row).code === "L"));
    const entries = batch.map((row) => {
      const one = state.get(row);
      one.sent = said(one);
      status(row, "busy", "", "saving");
      return { pupil: Number(row.dataset.pupil), code: one.code, minutes: isLate(one.code) && one.minutes ? Number(one.minutes) : null, was: one.was, where: isElsewhere(one.code) ? one.where : "" };
    });
    const key = uuid();
    flight = { rows: batch, finish: finishes, body: JSON.stringify({ key: key, finish: finishes, entries: entries }) };
    if (finishes) wantsFinish = false;
    drawWhole();
    post();
  }
  function post() {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), 10000);
    fetch(page.save, {
      method: "POST", body: flight.body, credentials: "same-origin", redirect: "manual", cache: "no-store", signal: stop.signal,
      headers: { "Content-Type": "application/json", "X-CSRFToken": token }, keepalive: flight.body.length < 60000,
    }).then((answer) => {
      clearTimeout(late);
      if (answer.type === "opaqueredirect") return failed("You were signed out. Sign in again in another tab, and the marks here are saved.");
      if (answer.status >= 500) return failed("The office could not save just now.");
      if (answer.status === 403 || answer.status === 404) return given(answer.status);
      return answer.json().then((body) => settle(answer.status, body));
    }).catch(() => { clearTimeout(late); failed("The office cannot be reached."); });
  }
  function failed(why) {
    failing += 1;
    flight.rows.forEach((row) => status(row, "failed", "alert", "Not saved - trying again"));
    banner.querySelector("[data-why]").textContent = why;
    if (banner.hidden) { banner.hidden = false; say("Not saved. " + why + " Trying again."); }
    drawWhole();
    setTimeout(() => { if (flight) post(); }, Math.min(1000 * 2 ** (failing - 1), 10000));
  }
  function recovered() {
    if (!failing) return;
    failing = 0;
    banner.hidden = true;
    say("Saved again.");
  }
  function given(code) {
    const words = code === 403 ? "Your role does not include saving this register." : "This register is no longer yours to take. Load the page again.";
    flight.rows.forEach((row) => { state.get(row).refused = true; status(row, "failed", "stop", words); });
    flight = null;
    toast(words, "error");
  }
  function settle(code, answer) {
    const batch = flight;
    flight = null;
    recovered();
    document.dispatchEvent(new CustomEvent("office:heard"));
    if (code === 200) accept(batch, answer);
    else if (code === 409 && answer.clashes.length) clash(batch, answer);
    else refuse(batch, answer);
    count();
    drawWhole();
    if (ready().length || wantsFinish) soon(50);
  }
  function accept(batch, answer) {
    const offered = [];
    saved = answer.saved;
    batch.rows.forEach((row) => {
      const one = state.get(row);
      const mark = answer.marks[row.dataset.pupil];
      const unchanged = one.sent === said(one);
      one.was = mark[0];
      row.querySelector('input[name^="was-"]').value = mark[0];
      if (!unchanged) {
        // Cleared while it was on its way: a saved mark is changed, never taken away.
        if (!one.code && document.activeElement !== codeOf(row)) { one.code = one.was; draw(row); }
        return;
      }
      one.dirty = false;
      one.code = mark[0];
      if (isLate(mark[0])) one.minutes = mark[1] === null ? "" : String(mark[1]);
      if (document.activeElement !== codeOf(row) || codeOf(row).value) draw(row);
      const note = answer.notes[row.dataset.pupil] || "";
      explain(row, note);
      if (note && one.sent.startsWith("L|")) {
        offer(row, note);
        offered.push(row);
      } else if (note) say(nameOf(row) + ": " + note);
      status(row, "", "done", answer.saved + " saved");
    });
    if (wantsFinish && offered.length) {
      // The person looks first: after this the mark is the office's to amend.
      wantsFinish = false;
      const who = offered.map(nameOf).join("; ");
      toast("Not finished yet. After the register closed: " + who + ". Choose a better code, or finish once more.", "warning");
      const first = offered[0].querySelector(".better button");
      if (first) first.focus();
    }
    if (!batch.finish) return;
    done = answer.completed;
    say(page.group + " register taken " + done);
    if (page.next) {
      try { sessionStorage.setItem("register-done", page.group + " register taken " + done); } catch (refused) { /* private window */ }
      leaving = true;
      window.location.assign(page.next);
    } else {
      toast(page.group + " register taken " + done);
    }
  }
  function refuse(batch, answer) {
    const pupils = answer.pupils || {};
    batch.rows.forEach((row) => {
      const words = pupils[row.dataset.pupil];
      if (words) invalid(row, words, state.get(row).code);
      else if (!Object.keys(pupils).length) invalid(row, answer.words, state.get(row).code);
    });
    const first = batch.rows.find((row) => state.get(row).refused);
    if (!batch.rows.length || !first) toast(answer.words, "error");
    if (batch.finish && first) codeOf(first).focus();
    finish.disabled = false;
  }
  function clash(batch, answer) {
    answer.clashes.forEach((one) => {
      const row = byPupil.get(String(one.pupil));
      const held = state.get(row);
      held.refused = true;
      const choice = (words, act) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn slim";
        button.textContent = words;
        button.addEventListener("click", () => { held.refused = false; held.was = one.theirs; act(); count(); codeOf(row).focus(); });
        return button;
      };
      status(row, "clash", "alert", one.who + " wrote " + one.theirs + " at " + one.at + ".", [
        choice("Keep " + one.theirs, () => { held.code = one.theirs; held.dirty = false; draw(row); status(row, "", "done", one.at + " " + one.who); drawWhole(); }),
        choice("Use " + one.yours, () => { held.dirty = true; status(row, "busy", "", "saving"); soon(50); }),
      ]);
    });
    const names = answer.clashes.map((one) => nameOf(byPupil.get(String(one.pupil)))).join("; ");
    toast("Somebody else changed " + names + ". Say which stays.", "warning");
    if (batch.finish) { finish.disabled = false; byPupil.get(String(answer.clashes[0].pupil)).querySelector("td.sv button").focus(); }
  }

  // ---------- entering ----------
  function invalid(row, words, shown) {
    const one = state.get(row);
    one.refused = true;
    one.dirty = false;
    const box = codeOf(row);
    if (shown !== undefined) box.value = shown;
    box.className = "code bad";
    box.setAttribute("aria-invalid", "true");
    status(row, "failed", "stop", words);
    say(nameOf(row) + ": " + words);
  }
  function enter(row, symbol, options) {
    const one = state.get(row);
    if (codeOf(row).readOnly) { say(nameOf(row) + ": entered by the office, and not changed here"); return false; }
    const code = slash(symbol);
    if (!codes.has(code) && code !== one.was) {
      const longer = page.codes.filter((known) => known.s.startsWith(code)).map((known) => known.s);
      invalid(row, longer.length ? code + " is not a code: " + longer.join(", ") : code + " is not a code you can enter. ? shows all.", code);
      return false;
    }
    one.refused = false;
    const same = code === one.was && code === one.code && !one.dirty;
    one.code = code;
    draw(row);
    if (one.code === one.was && !isLate(code)) {
      one.dirty = false;
      if (!same) status(row, "", "done", saved ? saved + " saved" : "saved");
      row.classList.remove("failed", "clash");
    } else if (!same) {
      one.dirty = true;
      one.held = Boolean(options && options.hold);
      status(row, "busy", "", one.held ? "saving soon" : "saving");
      row.classList.remove("failed", "clash");
    }
    count();
    drawWhole();
    if (!one.held) soon();
    return true;
  }
  function step(row, by) {
    let place = rows.indexOf(row) + by;
    if (place >= rows.length) { (by > 0 && finish ? finish : codeOf(row)).focus(); return; }
    if (place < 0) place = 0;
    go(rows[place]);
  }
  function go(row) {
    const box = codeOf(row);
    box.focus();
    box.select();
    // The sticky head and foot never cover the row at work.
    const seen = row.getBoundingClientRect();
    const foot = form.querySelector(".foot");
    const bottom = foot ? foot.getBoundingClientRect().top : window.innerHeight;
    if (seen.bottom > bottom - 4) window.scrollBy(0, seen.bottom - bottom + 60);
    else if (seen.top < 90) window.scrollBy(0, seen.top - 130);
  }
  // What a code asks for besides: minutes late, or where a pupil is who is not in the lesson.
  function askMore(row) {
    const one = state.get(row);
    const box = one.code === "L" ? minutesOf(row) : isElsewhere(one.code) ? whereOf(row) : null;
    if (!box) return false;
    one.held = true;
    one.dirty = true;
    status(row, "busy", "", one.code === "L" ? "minutes late?" : "where?");
    box.focus();
    box.select();
    return true;
  }
  function afterEntry(row) {
    if (!askMore(row)) step(row, 1);
  }

  // Codes of two signs: after the first the row waits for the second, for Enter or for another key.
  let half = null;   // {row, text}
  const mayGrow = (text) => page.codes.some((code) => code.s.length > text.length && code.s.startsWith(text));
  function settleHalf(move) {
    if (!half) return true;
    const { row, text } = half;
    half = null;
    const entered = enter(row, text);
    if (entered && move) afterEntry(row);
    return entered;
  }
  function typed(row, sign) {
    const text = sign.toUpperCase();
    if (half && half.row === row) {
      const both = half.text + text;
      if (codes.has(both)) { half = null; if (enter(row, both)) afterEntry(row); return; }
      const first = half.text;
      if (!codes.has(first)) { half = null; enter(row, both); return; }
      if (!settleHalf(true)) return;
      const next = document.activeElement.closest("tr[data-pupil]");
      if (next && next !== row) typed(next, sign);
      return;
    }
    half = null;
    if (mayGrow(text)) {
      half = { row: row, text: text };
      const box = codeOf(row);
      box.value = text;
      box.className = "code";
      say(text + ", then " + page.codes.filter((code) => code.s.startsWith(text) && code.s.length > 1).map((code) => code.s.slice(1)).join(" or ") + (codes.has(text) ? ", or Enter" : ""));
      return;
    }
    if (enter(row, text)) afterEntry(row);
  }
  function clear(row) {
    const box = codeOf(row);
    const one = state.get(row);
    if (box.readOnly) return;
    half = null;
    box.value = "";
    box.className = "code";
    box.removeAttribute("aria-invalid");
    if (one.was) { explain(row, ""); return; }
    one.code = ""; one.dirty = false; one.refused = false; one.held = false;
    draw(row);
    status(row, "", "", "");
    count();
    drawWhole();
  }

  form.addEventListener("keydown", (event) => {
    if (shut || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest("tr[data-pupil]");
    if (event.key === "F2") { event.preventDefault(); settleHalf(false); fillBlanks(); return; }
    if (event.target === finish && event.key === "ArrowUp") { event.preventDefault(); go(rows[rows.length - 1]); return; }
    if (!row) return;
    if (event.target.matches("input.code")) codeKey(event, row);
    else if (event.target.matches("input.mins, input.whr")) minutesKey(event, row);
  });
  const MOVES = {
    ArrowDown: (row) => step(row, 1), Enter: (row) => step(row, 1), ArrowUp: (row) => step(row, -1),
    Home: () => go(rows[0]), End: () => go(rows[rows.length - 1]),
  };
  function codeKey(event, row) {
    const move = MOVES[event.key];
    if (move) {
      event.preventDefault();
      const waited = half && half.row === row;
      if (!settleHalf(event.key === "Enter")) return;
      if (!(waited && event.key === "Enter")) move(row);
    } else if (event.key === "Backspace" || event.key === "Delete") {
      event.preventDefault();
      clear(row);
    } else if (event.key === "?") {
      event.preventDefault();
      choose(row);
    } else if (event.key.length === 1 && event.key !== " ") {
      event.preventDefault();
      typed(row, event.key);
    }
  }
  function minutesKey(event, row) {
    if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); step(row, 1); return; }
    if (event.key === "ArrowUp") { event.preventDefault(); go(row); return; }
    if (event.key.length === 1 && !/[0-9]/.test(event.key) && event.target.matches("input.mins")) {
      // Another code begins: it is the next pupil's.
      event.preventDefault();
      const next = rows[rows.indexOf(row) + 1];
      if (next && event.key !== " ") { go(next); typed(next, event.key); }
    }
  }
  form.addEventListener("input", (event) => {
    const row = event.target.closest("tr[data-pupil]");
    if (!row || shut) return;
    if (event.target.matches("input.mins")) {
      const one = state.get(row);
      one.minutes = event.target.value.replace(/[^0-9]/g, "").slice(0, 3);
      if (event.target.value !== one.minutes) event.target.value = one.minutes;
      one.held = !one.minutes;
      one.dirty = true;
      one.refused = false;
      event.target.classList.remove("bad");
      status(row, "busy", "", one.held ? "minutes late?" : "saving");
      if (one.minutes) { clearTimeout(timer); timer = 0; soon(700); }
    } else if (event.target.matches("input.whr")) {
      const one = state.get(row);
      one.where = event.target.value.trim();
      one.held = false;
      one.dirty = true;
      one.refused = false;
      status(row, "busy", "", "saving");
      clearTimeout(timer);
      timer = 0;
      soon(700);
    } else if (event.target.matches("input.code")) {
      // Keyboards on glass send no keys, only what is in the field.
      const text = event.target.value.trim();
      half = null;
      if (!text) clear(row);
      else if (codes.has(slash(text.toUpperCase())) && !mayGrow(text.toUpperCase())) { if (enter(row, text.toUpperCase())) afterEntry(row); }
      else half = { row: row, text: text.toUpperCase() };
    }
  });
  form.addEventListener("focusout", (event) => {
    const row = event.target.closest("tr[data-pupil]");
    if (!row) return;
    row.classList.remove("on");
    const one = state.get(row);
    if (event.target.matches("input.mins, input.whr") && one.held) { one.held = false; status(row, "busy", "", "saving"); soon(50); }
    if (event.target.matches("input.code")) {
      if (half && half.row === row && !picker.open) settleHalf(false);
      if (!event.target.value && one.was && !one.refused) {
        // A mark that is saved is changed, never taken away.
        one.code = one.was; one.dirty = false; draw(row); count();
        say(nameOf(row) + ": " + one.was + " stays. A saved mark is changed, not cleared.");
      }
    }
  });
  form.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-pupil]");
    if (!row) return;
    row.classList.add("on");
    if (event.target.matches("input.code, input.mins, input.whr")) event.target.select();
  });

  // ---------- blanks present, with undo ----------
  let undo = null;
  function fillBlanks() {
    const blank = rows.filter((row) => !state.get(row).code && !codeOf(row).value && !codeOf(row).readOnly);
    if (!blank.length) return;
    blank.forEach((row) => enter(row, fillOf(row), { hold: true }));
    const away = blank.filter((row) => fillOf(row) !== page.present).length;
    const release = () => {
      if (!undo || undo.rows !== blank) return;
      clearTimeout(undo.timer);
      undo.box.remove();
      undo = null;
      blank.forEach((row) => { const one = state.get(row); if (one.held) { one.held = false; status(row, "busy", "", "saving"); } });
      soon(0);
    };
    const box = document.createElement("div");
    box.className = "undo";
    const text = document.createElement("span");
    text.textContent = (blank.length - away) + " marked present" + (away ? ", " + away + " not there as in the session" : "") + ", saved in 5 seconds.";
    const back = document.createElement("button");
    back.type = "button";
    back.className = "btn slim";
    back.textContent = "Undo";
    back.addEventListener("click", () => {
      clearTimeout(undo.timer);
      undo = null;
      box.remove();
      blank.forEach((row) => { const one = state.get(row); if (one.held && one.code === fillOf(row)) clear(row); });
      say("Undone: " + blank.length + " are blank again");
      go(blank[0]);
    });
    box.append(text, back);
    form.querySelector(".foot").prepend(box);
    undo = { rows: blank, timer: setTimeout(release, 5000), release: release, box: box };
    say(text.textContent + " Undo is at the foot of the page.");
    finish.focus({ preventScroll: true });
  }
  const release = () => { if (undo) undo.release(); };

  // ---------- finishing ----------
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (shut) return;
    if (event.submitter === fill) { settleHalf(false); fillBlanks(); return; }
    settleHalf(false);
    release();
    rows.forEach((row) => { state.get(row).held = false; });
    if (event.submitter !== finish) { clearTimeout(timer); timer = 0; send(); return; }
    const blank = rows.filter((row) => !state.get(row).code);
    const wrong = rows.filter((row) => state.get(row).refused);
    if (blank.length || wrong.length) {
      const first = wrong[0] || blank[0];
      const words = wrong.length
        ? (wrong.length === 1 ? "1 pupil is" : wrong.length + " pupils are") + " still to settle: " + wrong.map(nameOf).join("; ") + "."
        : (blank.length === 1 ? "1 pupil is" : blank.length + " pupils are") + " not marked: " + blank.slice(0, 5).map(nameOf).join("; ") + (blank.length > 5 ? " and " + (blank.length - 5) + " more." : ".");
      toast(words, "error");
      go(first);
      return;
    }
    wantsFinish = true;
    clearTimeout(timer);
    timer = 0;
    send();
  });

  // ---------- thumb buttons and the picker of all codes ----------
  let chosenFor = null;
  form.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-picker]");
    if (opener && !shut) { choose(rows.find((row) => row === lastRow) || rows.find((row) => !state.get(row).code) || rows[0]); return; }
    const button = event.target.closest(".quick button");
    if (!button || shut) return;
    const row = button.closest("tr[data-pupil]");
    if (button.dataset.code === "?") { choose(row); return; }
    if (enter(row, button.dataset.code)) askMore(row);
  });
  let lastRow = null;
  form.addEventListener("focusin", (event) => { lastRow = event.target.closest("tr[data-pupil]") || lastRow; });
  function choose(row) {
    if (codeOf(row).readOnly) { say(nameOf(row) + ": entered by the office, and not changed here"); return; }
    chosenFor = row;
    document.getElementById("codes-whose").textContent = " for " + nameOf(row);
    const search = document.getElementById("codes-search");
    search.value = "";
    sift("");
    picker.showModal();
    search.focus();
  }
  function sift(words) {
    const wanted = words.trim().toLowerCase();
    let any = false;
    picker.querySelectorAll("section").forEach((kind) => {
      let some = false;
      kind.querySelectorAll("button").forEach((button) => {
        const symbol = button.dataset.choose.toLowerCase();
        const fits = !wanted || symbol === wanted || button.dataset.words.split(" ").some((word) => word.startsWith(wanted)) || (wanted.length > 2 && button.dataset.words.includes(wanted));
        button.parentElement.hidden = !fits;
        some = some || fits;
      });
      kind.hidden = !some;
      any = any || some;
    });
    document.getElementById("codes-none").hidden = any;
  }
  if (picker) {
    document.getElementById("codes-search").addEventListener("input", (event) => sift(event.target.value));
    const listed = () => [...picker.querySelectorAll("button[data-choose]")].filter((button) => button.offsetParent);
    picker.addEventListener("keydown", (event) => {
      const here = listed();
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const place = here.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
        (here[place] || document.getElementById("codes-search")).focus();
      } else if (event.key === "Enter" && event.target.id === "codes-search" && here.length) {
        event.preventDefault();
        const exact = here.find((button) => button.dataset.choose.toLowerCase() === event.target.value.trim().toLowerCase());
        (exact || here[0]).click();
      }
    });
    picker.addEventListener("click", (event) => {
      const button = event.target.closest("[data-choose]");
      if (!button) return;
      const row = chosenFor;
      chosenFor = null;
      picker.close();
      half = null;
      if (!enter(row, button.dataset.choose)) return;
      if (window.matchMedia("(max-width: 720px)").matches) {
        if (!askMore(row)) row.querySelector(".quick button:last-child").focus();
      } else afterEntry(row);
    });
    picker.addEventListener("close", () => { if (chosenFor) { const row = chosenFor; chosenFor = null; (codeOf(row).offsetParent ? codeOf(row) : row.querySelector(".quick button:last-child")).focus(); } });
  }

  // ---------- coming and going ----------
  window.addEventListener("beforeunload", (event) => {
    if (leaving) return;
    release();
    if (flight || rows.some((row) => state.get(row).dirty)) { send(); event.preventDefault(); }
  });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") { release(); clearTimeout(timer); timer = 0; send(); } });
  window.addEventListener("online", () => { if (flight && failing) { failing = 1; post(); } });
  window.addEventListener("offline", () => {
    banner.querySelector("[data-why]").textContent = "This device is offline.";
    if (rows.some((row) => state.get(row).dirty)) banner.hidden = false;
  });

  if (page.open && !shut) {
    fetch(page.open, { method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": token } })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((answer) => { if (answer && !saved && !done) whole("wait", "Opened " + answer.opened, ""); })
      .catch(() => { /* the first save opens it too */ });
  }
  try {
    const told = sessionStorage.getItem("register-done");
    if (told) { sessionStorage.removeItem("register-done"); setTimeout(() => toast(told), 0); }
  } catch (refused) { /* private window */ }
  if (!shut) {
    count();
    const fresh = rows.find((row) => !state.get(row).code && !codeOf(row).readOnly);
    if (fresh && window.matchMedia("(min-width: 721px)").matches && !document.querySelector("[data-errors]")) codeOf(fresh).focus({ preventScroll: true });
    if (ready().length) { rows.forEach((row) => { if (state.get(row).dirty) status(row, "failed", "alert", "Not saved"); }); }
  }
})();
