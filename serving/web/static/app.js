// What every page does: tell of failures, draw charts, send visits that waited.
"use strict";
(() => {
  const toast = (words) => {
    const box = document.getElementById("toast");
    box.textContent = words || box.dataset.failed;
    box.hidden = false;
    setTimeout(() => { box.hidden = true; }, 8000);
  };
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 422) toast();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.addEventListener("htmx:sendError", () => toast());
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const here = event.target.closest("[data-here]");
    if (here) locate(here.closest("form"));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  function locate(form) {
    const send = (at) => {
      for (const [name, value] of Object.entries(at)) {
        form.elements[name].disabled = false;
        form.elements[name].value = value;
      }
      form.requestSubmit();
    };
    if (!navigator.geolocation) { form.requestSubmit(); return; }
    navigator.geolocation.getCurrentPosition(
      (found) => send({ lat: found.coords.latitude.toFixed(5), lon: found.coords.longitude.toFixed(5) }),
      () => form.requestSubmit(), { timeout: 8000 });
  }

  // On a phone the menu is one line that scrolls: the item of this page must be in sight.
  document.querySelector(".top nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

  // --- tables ------------------------------------------------------------------------------
  // On a phone a row becomes a card (phone.css). Its cells then need the name of their column, and
  // all parts their roles, since browsers take tables shown as blocks for plain text.
  function label(table) {
    const heads = table.tHead && table.tHead.rows.length === 1 ? [...table.tHead.rows[0].cells] : [];
    // A row of one wide cell is the heading of a group.
    if (!heads.length || [...table.querySelectorAll("th, td")].some((cell) => cell.colSpan > 1 && cell.parentNode.cells.length > 1)) return;
    const names = heads.map((head) => head.firstChild ? head.firstChild.textContent.trim() : "");
    table.setAttribute("role", "table");
    for (const group of [table.tHead, ...table.tBodies]) group.setAttribute("role", "rowgroup");
    heads.forEach((head) => head.setAttribute("role", "columnheader"));
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      if (row.parentNode === table.tHead) continue;
      [...row.cells].forEach((cell, i) => {
        cell.dataset.label = names[i] || "";
        cell.setAttribute("role", cell.scope === "row" ? "rowheader" : "cell");
      });
    }
    table.parentNode.classList.add("cards");
  }
  const labelAll = () => document.querySelectorAll(".wide > table:not(.paper):not([role])").forEach(label);
  document.addEventListener("DOMContentLoaded", labelAll);
  document.addEventListener("htmx:afterSettle", labelAll);

  // --- charts -------------------------------------------------------------------------------
  const INKS = ["#12304f", "#c2362f", "#8a6d00", "#1b6b3a", "#6a3d9a", "#a84c00", "#0b7f8c", "#7d4a6b"];
  const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [], [6, 3], [2, 3], [8, 3, 2, 3]];
  const seconds = (month) => Date.parse(month.length === 7 ? month + "-15" : month) / 1000;
  const wan = (fen) => (fen === null ? null : fen / 1e6);
  const share = (value) => (value === null || value === undefined ? "—" : (100 * value).toFixed(1) + " %");

  function lines(names, keys, unit) {
    return keys.map((key, i) => ({
      label: names[key], stroke: INKS[i], dash: DASHES[i], width: 2, scale: unit[key] || "y",
      spanGaps: false, points: { size: 5 },
    }));
  }

  function marksPlugin(marks, names) {
    return { hooks: { draw: [(u) => {
      const ctx = u.ctx;
      ctx.save();
      ctx.font = `${12 * devicePixelRatio}px sans-serif`;
      ctx.textAlign = "center";
      for (const mark of marks) {
        const at = Date.parse(mark.date) / 1000;
        if (at < u.scales.x.min || at > u.scales.x.max) continue;
        const x = u.valToPos(at, "x", true);
        ctx.strokeStyle = ctx.fillStyle = { complaint: "#a84c00", case: "#b3201c", inspection: "#1b6b3a" }[mark.kind] || "#55606e";
        ctx.setLineDash([4, 4]);
        ctx.beginPath(); ctx.moveTo(x, u.bbox.top); ctx.lineTo(x, u.bbox.top + u.bbox.height); ctx.stroke();
        ctx.fillText(names[mark.kind] || "?", x, u.bbox.top + 12 * devicePixelRatio);
      }
      ctx.restore();
    }] } };
  }

  const KINDS = {
    money(data, names, width) {
      const keys = ["due", "paid", "transfer_due", "transferred", "present"];
      const series = keys.map((key) => (key === "present" ? data[key] : data[key].map(wan)));
      return {
        data: [data.months.map(seconds), ...series],
        options: {
          width, height: 300, plugins: [marksPlugin(data.marks, names)],
          scales: { y: { range: (u, low, high) => [0, (high || 1) * 1.15] }, people: { range: (u, low, high) => [0, (high || 1) * 1.6] } },
          axes: [monthAxis(), { label: names.wan, size: 60 }, { scale: "people", side: 1, label: names.present, grid: { show: false } }],
          series: [{ label: names.month, value: monthValue }, ...lines(names, keys, { present: "people" })],
        },
      };
    },
  };
  const monthOf = (at) => new Date(at * 1000).toISOString().slice(0, 7);
  const monthValue = (u, at) => (at ? monthOf(at) : "—");
  function monthAxis() {
    return { space: 64, values: (u, ticks) => ticks.map(monthOf), incrs: [1, 2, 3, 6, 12].map((n) => n * 30.44 * 86400) };
  }

  function draw(box) {
    const data = JSON.parse(box.dataset.series), names = JSON.parse(box.dataset.names);
    const { options, data: series } = KINDS[box.dataset.chart](data, names, box.clientWidth - 18);
    box.replaceChildren();
    new uPlot(options, series, box);
  }
  function drawAll() {
    if (typeof uPlot === "undefined") return;
    document.querySelectorAll("[data-chart]").forEach(draw);
  }
  document.addEventListener("DOMContentLoaded", drawAll);
  let redraw = 0;
  window.addEventListener("resize", () => { clearTimeout(redraw); redraw = setTimeout(drawAll, 200); });

  // --- visits that could not be sent yet ----------------------------------------------------
  // Kept until the service has answered, each under a key of its own: sent again it is one visit.
  const BOX = "wagewatch-visits";
  const who = document.body.dataset.who;
  const kept = () => JSON.parse(localStorage.getItem(BOX) || "[]");
  const keep = (visits) => localStorage.setItem(BOX, JSON.stringify(visits));
  const drop = (key) => keep(kept().filter((one) => one.key !== key));

  function tell() {
    const line = document.getElementById("waiting"), mine = kept().filter((one) => one.who === who);
    const refused = mine.filter((one) => one.refused).map((one) => `${one.body.project_id || ""} ${one.refused}`);
    line.hidden = mine.length === 0;
    line.textContent = mine.length ? line.dataset.one.replace("#", mine.length) + " " + refused.join(" ") : "";
  }

  async function send(visit) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": visit.key, "Accept-Language": document.documentElement.lang };
    if (document.body.dataset.csrf) headers["X-CSRF-Token"] = document.body.dataset.csrf;
    const answer = await fetch(visit.path || "/v1/outcomes", { method: "POST", headers, body: JSON.stringify(visit.body) });
    if (answer.ok) { drop(visit.key); return "saved"; }
    if (answer.status === 401 || answer.status === 403 || answer.status === 429 || answer.status >= 500) return "kept";
    const said = await answer.json().catch(() => ({}));
    visit.refused = said.detail || String(answer.status);
    keep(kept().map((one) => (one.key === visit.key ? visit : one)));
    return "refused";
  }

  let sending = Promise.resolve();
  function sendAll() {
    sending = sending.then(async () => {
      for (const visit of kept().filter((one) => one.who === who && !one.refused)) {
        try { await send(visit); } catch { break; }
      }
      tell();
    });
    return sending;
  }
  window.wagewatch = {
    async enter(body, path) {
      const visit = { key: crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now(), who, body, path };
      // A phone keeps about five megabytes; what does not fit is still in the form.
      try { keep([...kept(), visit]); } catch { return { state: "full" }; }
      let state = "kept";
      try { state = await send(visit); } catch { state = "kept"; }
      if (state === "refused") drop(visit.key);  // it still stands in the form
      tell();
      return { state, detail: visit.refused };
    },
  };
  const signal = () => { document.getElementById("no-signal").hidden = navigator.onLine; };
  window.addEventListener("offline", signal);
  window.addEventListener("online", () => { signal(); sendAll(); });
  document.addEventListener("DOMContentLoaded", signal);
  document.addEventListener("DOMContentLoaded", () => { if (who) sendAll(); });
  setInterval(() => { if (who && kept().length) sendAll(); }, 30000);

  if ("serviceWorker" in navigator && who) navigator.serviceWorker.register("/sw.js");
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-forget]") && window.caches) {
      caches.delete("wagewatch-pages");
      localStorage.removeItem("wagewatch-pack");
    }
  });
})();
