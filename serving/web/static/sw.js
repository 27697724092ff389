// Keeps the visit forms that were opened and the files they need, for when the signal is gone.
"use strict";
const BOX = "wagewatch-pages";
const kept = (url) => url.pathname.startsWith("/static/") || url.pathname.endsWith("/visit");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !kept(url)) return;
  event.respondWith(answer(event.request));
});

async function answer(request) {
  const box = await caches.open(BOX);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && !fresh.redirected) await box.put(request, fresh.clone());
    return fresh;
  } catch (failure) {
    const known = await box.match(request);
    if (known) return known;
    throw failure;
  }
}
