// Live rows, keyboard, relative times. Every page works without it.
"use strict";
(() => {
  let source = null;
  let at = -1;
  const $ = (selector, within = document) => within.querySelector(selector);
  const rows = () => [...document.querySelectorAll(".rows .row")];

  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const format = () => new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always", style: "short" });
  function retime() {
    const relative = format();
    for (const element of document.querySelectorAll("time[title]")) {
      const seconds = Math.max(0, (Date.now() - Date.parse(element.dateTime)) / 1000);
      if (seconds < 10) continue;
      const [unit, size] = units.find(([, size]) => seconds >= size);
      element.textContent = relative.format(-Math.floor(seconds / size), unit);
      if (element.title.endsWith("Z")) element.title = new Date(element.dateTime).toLocaleString(document.documentElement.lang);
    }
  }

  function say(on) {
    const place = $("p.live");
    if (!place) return;
    place.classList.toggle("on", on);
    place.textContent = on ? place.dataset.on : place.dataset.off;
  }

  // A row is HTML that our own server has rendered and escaped.
  function place(html) {
    const list = $(".rows");
    const template = document.createElement("template");
    template.innerHTML = html;
    for (const fresh of template.content.querySelectorAll("li.row")) {
      const known = document.getElementById(fresh.id);
      if (known) {
        $("input", fresh).checked = $("input", known).checked;
        fresh.classList.toggle("focused", known.classList.contains("focused"));
        known.replaceWith(fresh);
      } else if (list && list.dataset.liveRows === "all") {
        list.prepend(fresh);
        if (list.children.length > 200) list.lastElementChild.remove();
      } else continue;
      fresh.classList.add("fresh");
      if (window.htmx) window.htmx.process(fresh);
    }
    retime();
  }

  function listen() {
    if (source) source.close();
    source = null;
    const wanted = $("[data-live]");
    if (!wanted || !wanted.dataset.live) return;
    source = new EventSource(wanted.dataset.live);
    source.onopen = () => say(true);
    source.onerror = () => say(false);
    source.addEventListener("rows", (event) => {
      const one = $("[data-live-page]");
      if (one) {
        if (event.data.includes(`id="i${one.dataset.livePage}"`)) refresh();
      } else if ($(".rows")) place(event.data);
      else refresh();
    });
    source.addEventListener("reload", refresh);
  }

  // Not while somebody is typing or has opened something: then the page stays as it is.
  function refresh() {
    const busy = document.activeElement && ["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName);
    if (busy || !window.htmx || document.querySelector(".incident details[open]:not(.evidence)")) return;
    window.htmx.ajax("GET", location.pathname + location.search, { target: "body", swap: "outerHTML show:none" });
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    at = Math.min(all.length - 1, Math.max(0, at + step));
    $("a.what", all[at]).focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName) && event.target.type !== "checkbox") {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const current = event.target.closest ? event.target.closest(".row") : null;
    if (current) at = rows().indexOf(current);
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "o" && current) $("a.what", current).click();
    else if (event.key === "x" && current) $("input", current).click();
    else if (event.key === "p" && $("[data-pause]")) $("[data-pause]").click();
    else if (event.key === "/" && $("input[type=search]")) { event.preventDefault(); $("input[type=search]").focus(); }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) for (const box of document.querySelectorAll(".rows input[name=id]")) box.checked = event.target.checked;
    if (event.target.matches(".filter select")) event.target.form.requestSubmit();
  });

  // A citation opens what it points at.
  function unfold() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
  addEventListener("hashchange", unfold);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a.cite");
    if (link) setTimeout(unfold);
  });

  // The latest lines of a source. Whoever has scrolled up stays there; a hidden page asks for nothing.
  const TAIL_MS = 1000;
  let tailing = 0;
  async function tail(list) {
    const pause = $("[data-pause]");
    if (pause.getAttribute("aria-pressed") === "true" || document.hidden) return;
    let answer;
    try {
      answer = await fetch(list.dataset.tail, { headers: { "if-none-match": list.dataset.mark }, cache: "no-store" });
    } catch {
      return say(false);
    }
    if (!list.isConnected || pause.getAttribute("aria-pressed") === "true") return;
    say(answer.ok || answer.status === 304);
    if (!answer.ok) return;
    const rows = await answer.text();
    const end = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.dataset.mark = answer.headers.get("etag");
    list.innerHTML = rows; // rendered and escaped by our own server
    if (end) list.scrollTop = list.scrollHeight;
  }
  function follow() {
    clearTimeout(tailing);
    const list = $("[data-tail]");
    if (!list) return;
    $("[data-pause]").hidden = false;
    list.scrollTop = list.scrollHeight;
    say(true);
    const again = async () => { await tail(list); if (list.isConnected) tailing = setTimeout(again, TAIL_MS); };
    tailing = setTimeout(again, TAIL_MS);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-pause]");
    if (!button) return;
    const paused = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", paused);
    button.textContent = paused ? button.dataset.goWord : button.dataset.pauseWord;
    $("p.live").classList.toggle("on", !paused);
    if (paused) $("p.live").textContent = "";
    else say(true);
  });

  function begin() { follow(); at = -1; listen(); retime(); unfold(); }
  addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSettle", begin);
  addEventListener("pagehide", () => source && source.close());
  setInterval(retime, 20000);
})();
