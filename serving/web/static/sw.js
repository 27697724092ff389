// Answers without signal: pages of the day pack, forms that were opened, and the files they need.
"use strict";
const BOX = "wagewatch-pages";
const NOT_DOWNLOADED = "/offline";
const stored = (url) => url.pathname.startsWith("/static/") || url.pathname.endsWith("/visit");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (stored(url) || event.request.mode === "navigate") event.respondWith(answer(event.request, url));
});

async function answer(request, url) {
  const box = await caches.open(BOX);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && !fresh.redirected && (stored(url) || await box.match(request))) await box.put(request, fresh.clone());
    return fresh;
  } catch (failure) {
    const page = url.pathname === "/" ? "/watchlist" : request;
    const known = await box.match(page, { ignoreVary: true }) || await box.match(page, { ignoreSearch: true, ignoreVary: true });
    const instead = known || (request.mode === "navigate" && await box.match(NOT_DOWNLOADED));
    if (instead) return instead;
    throw failure;
  }
}
