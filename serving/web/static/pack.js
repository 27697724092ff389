// Downloads the day pack: the list, its projects and forms, and the map, for when the signal is gone.
"use strict";
(() => {
  const BOX = "wagewatch-pages", MARK = "wagewatch-pack", AT_ONCE = 4;
  const button = document.querySelector("[data-pack]"), line = document.getElementById("pack-state");
  const who = document.body.dataset.who;
  if (!button || !window.caches || !("serviceWorker" in navigator)) return;
  button.hidden = false;

  // The ticked projects, or all of the page.
  function pages() {
    const every = [...document.querySelectorAll("#list .entry[data-project]")];
    const ticked = every.filter((one) => one.querySelector("[name=stop]").checked);
    const projects = (ticked.length ? ticked : every).map((one) => one.dataset.project);
    return { projects, urls: ["/watchlist", "/map", "/offline", ...projects.flatMap((one) => [`/projects/${one}`, `/projects/${one}/visit`])] };
  }

  async function save(box, url) {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(url);
    const text = await answer.clone().text();
    await box.put(url, answer);
    return [...text.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)].map((found) => found[1].replaceAll("&amp;", "&"));
  }

  async function all(urls, job) {
    const left = [...urls], found = [];
    const one = async () => { while (left.length) found.push(...await job(left.shift())); };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    return new Set(found);
  }

  async function download() {
    const { projects, urls } = pages(), box = await caches.open(BOX);
    let done = 0;
    const files = await all(urls, async (url) => {
      const found = await save(box, url);
      done += 1;
      line.textContent = `${done} / ${urls.length}`;
      return found;
    });
    await box.addAll([...files]);
    localStorage.setItem(MARK, JSON.stringify({ who, n: projects.length, at: Date.now() }));
  }

  function tell() {
    const mark = JSON.parse(localStorage.getItem(MARK) || "null");
    if (!mark || mark.who !== who) return;
    const at = new Date(mark.at).toLocaleString(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
    line.textContent = line.dataset.done.replace("#", mark.n).replace("@", at);
  }
  tell();

  button.addEventListener("click", async () => {
    button.disabled = true;
    try { await navigator.serviceWorker.ready; await download(); tell(); } catch { line.textContent = line.dataset.failed; }
    button.disabled = false;
  });
})();
