// The absence line: three letters, Enter, Enter. The page works without it; it saves the steps between.
(function () {
  "use strict";

  const form = document.getElementById("logform");
  if (!form) return;
  const byId = (id) => document.getElementById(id);
  const who = byId("id_who"), pk = byId("id_pupil"), list = byId("who-list"), told = byId("id_told");
  const until = byId("id_until"), caller = byId("id_caller"), family = byId("family");
  const names = {};
  for (const option of byId("told-codes").options) names[option.value] = option.textContent;
  let found = [], at = -1, callers = [], asked = 0;

  for (const one of document.querySelectorAll("#callers li")) callers.push({ name: one.textContent.trim().replace(/^\d+\s*/, "") });

  // ---------- whose ----------
  function close() { list.hidden = true; who.setAttribute("aria-expanded", "false"); who.removeAttribute("aria-activedescendant"); at = -1; }

  function draw() {
    list.replaceChildren();
    found.forEach((one, place) => {
      const row = document.createElement("li");
      row.id = "who-" + place;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(place === at));
      const name = document.createElement("span");
      name.textContent = one.name;
      const more = document.createElement("span");
      more.className = "muted sm";
      more.textContent = one.form + (one.marks ? ", " + one.marks : "");
      row.append(name, more);
      row.addEventListener("mousedown", (event) => { event.preventDefault(); take(one); });
      list.append(row);
    });
    const open = found.length > 0;
    list.hidden = !open;
    who.setAttribute("aria-expanded", String(open));
    if (at >= 0) who.setAttribute("aria-activedescendant", "who-" + at);
  }

  async function look() {
    const text = who.value.trim(), mine = ++asked;
    pk.value = "";
    family.hidden = true;
    if (text.length < 3) { found = []; close(); return; }
    let answer;
    try {
      answer = await fetch(form.dataset.find + "?q=" + encodeURIComponent(text), { headers: { Accept: "application/json" } });
    } catch (gone) { byId("who-help").textContent = "The office cannot be reached."; return; }
    if (!answer.ok || mine !== asked) return;
    found = (await answer.json()).found;
    if (mine !== asked) return;
    at = found.length ? 0 : -1;
    draw();
    const words = found.length ? found.length + (found.length === 1 ? " pupil" : " pupils") : "Nobody on roll is called so.";
    byId("who-help").textContent = words;
    if (window.office) window.office.say(words);
    if (pending) { pending = false; if (at >= 0) take(found[at]); }
  }

  let pending = false;
  function take(one) {
    pk.value = one.pk;
    who.value = one.name;
    callers = one.callers;
    byId("who-help").textContent = one.form + (one.marks ? ", today " + one.marks : ", no mark yet today");
    const order = byId("callers"), siblings = byId("siblings");
    order.replaceChildren(...one.callers.map((contact, place) => {
      const row = document.createElement("li"), number = document.createElement("b");
      number.textContent = place + 1;
      row.append(number, " " + contact.name + ", " + contact.what.toLowerCase());
      if (contact.warning) {
        const stop = document.createElement("span");
        stop.className = "st stop xs";
        stop.textContent = contact.warning;
        row.append(" ", stop);
      }
      return row;
    }));
    siblings.replaceChildren(...one.siblings.map((pupil) => {
      const label = document.createElement("label"), box = document.createElement("input");
      label.className = "tick worded";
      box.type = "checkbox";
      box.name = "sibling";
      box.value = pupil.pk;
      label.append(box, " " + pupil.name + ", " + pupil.form + " is away too");
      return label;
    }));
    byId("marks").textContent = one.marks ? "Today: " + one.marks : "";
    family.hidden = false;
    close();
    told.focus();
    told.select();
  }

  let typing = 0;
  who.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(look, 90); });
  who.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!found.length) return;
      event.preventDefault();
      at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (pk.value) { told.focus(); told.select(); return; }
      if (!list.hidden && at >= 0) { take(found[at]); return; }
      pending = true;
      clearTimeout(typing);
      look();
    } else if (event.key === "Escape" && !list.hidden) { event.stopPropagation(); close(); }
  });
  who.addEventListener("blur", () => setTimeout(close, 120));

  // ---------- which code, until when, who rang ----------
  function nameCode() {
    const symbol = told.value.trim().toUpperCase();
    byId("told-name").textContent = names[symbol] || (symbol ? "No such code" : "");
    byId("told-name").classList.toggle("wrong", Boolean(symbol) && !names[symbol]);
  }
  told.addEventListener("input", nameCode);
  told.addEventListener("focus", () => told.select());
  if (document.activeElement === told) told.select();
  nameCode();

  let waiting = 0;
  async function sayUntil() {
    const from = form.elements.from_on ? form.elements.from_on.value : "";
    const answer = await fetch(form.dataset.until + "?until=" + encodeURIComponent(until.value) + "&from_on=" + from);
    if (!answer.ok) return;
    const said = await answer.json();
    byId("until-words").textContent = said.words.charAt(0).toUpperCase() + said.words.slice(1);
    byId("until-words").classList.toggle("wrong", said.wrong);
  }
  until.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(sayUntil, 160); });
  if (until.value) sayUntil();

  function nameCaller() {
    const text = caller.value.trim(), help = byId("caller-words"), place = Number(text) - 1;
    if (!text) { help.textContent = "Number or name."; help.classList.remove("wrong"); return; }
    const one = /^\d+$/.test(text) ? callers[place] : null;
    help.textContent = one ? one.name + (one.warning ? ". " + one.warning : "") : "Not a known contact: it will be flagged";
    help.classList.toggle("wrong", !one || Boolean(one.warning));
  }
  caller.addEventListener("input", nameCaller);
  nameCaller();

  const order = [told, until, caller];
  order.forEach((box, place) => box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || place === order.length - 1) return;
    event.preventDefault();
    order[place + 1].focus();
    order[place + 1].select();
  }));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-take]");
    if (!link) return;
    event.preventDefault();
    who.value = link.dataset.name;
    pending = true;
    look().then(() => { const one = found.find((each) => String(each.pk) === link.dataset.take); if (one) take(one); });
  });
})();
