/**
 * Which pages open on a phone without a network? Those of the field: the newest the network gives, else the last one that
 * was kept. What pages are made of has its hash in its name and never changes.
 */

interface Waiting {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Waiting {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Told extends Waiting {
  data: { parts?: string[]; pages?: string[]; films?: string[] };
}
interface Worker {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(name: "install" | "activate", heard: (event: Waiting) => void): void;
  addEventListener(name: "fetch", heard: (event: Fetching) => void): void;
  addEventListener(name: "message", heard: (event: Told) => void): void;
}

declare const BUILT: string;
const worker = self as unknown as Worker;
const SHELF = `smilecurve-${BUILT}`;
const MOST_FILM = 40_000_000;
const FIELD = /^\/(tickets\/|visits$|visit\/|guides\/)/;

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(begin()));
worker.addEventListener("message", (event) => {
  event.waitUntil(keepAll(event.data.parts ?? [], event.data.pages ?? []));
  event.waitUntil(keepFilms(event.data.films ?? []));
});
worker.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(lasting(event.request));
  else if (FIELD.test(pathname)) event.respondWith(newest(event.request));
});

async function begin(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith("smilecurve-") && name !== SHELF) await caches.delete(name);
  await worker.clients.claim();
}

/** The address a page is kept under: its own, whatever was asked of it. */
function place(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

async function keepAll(parts: string[], pages: string[]): Promise<void> {
  const shelf = await caches.open(SHELF);
  for (const part of parts) if (!(await shelf.match(part))) await shelf.add(part).catch(() => undefined);
  for (const page of new Set(pages)) {
    const answer = await fetch(page).catch(() => null);
    if (answer?.ok && !answer.redirected && FIELD.test(new URL(page).pathname)) await shelf.put(place(page), answer);
  }
}

/** Keep the films of a page whole, those that are not too large; one that has not changed is not loaded again. */
async function keepFilms(films: string[]): Promise<void> {
  const shelf = await caches.open(SHELF);
  for (const film of films) {
    const [stop, old] = [new AbortController(), await shelf.match(film)];
    const answer = await fetch(film, { signal: stop.signal }).catch(() => null);
    if (answer?.status !== 200) continue;
    const same = old && old.headers.get("etag") === answer.headers.get("etag");
    if (same || Number(answer.headers.get("content-length") ?? Infinity) > MOST_FILM) stop.abort();
    else await shelf.put(film, answer).catch(() => undefined);
  }
}

/** The stretch of a kept file that a player asks for. */
async function stretch(kept: Response, range: string): Promise<Response> {
  const whole = await kept.blob();
  const [from = "", to = ""] = range.replace("bytes=", "").split("-");
  const begin = from ? Number(from) : Math.max(whole.size - Number(to), 0);
  const end = from && to ? Math.min(Number(to), whole.size - 1) : whole.size - 1;
  const headers = { "Content-Type": whole.type, "Content-Range": `bytes ${begin}-${end}/${whole.size}`, "Accept-Ranges": "bytes" };
  return new Response(whole.slice(begin, end + 1, whole.type), { status: 206, headers });
}

async function lasting(request: Request): Promise<Response> {
  const shelf = await caches.open(SHELF);
  const found = await shelf.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await shelf.put(request, answer.clone());
  return answer;
}

async function newest(request: Request): Promise<Response> {
  const shelf = await caches.open(SHELF);
  try {
    const answer = await fetch(request);
    if (answer.ok && answer.status === 200) await shelf.put(place(request.url), answer.clone());
    return answer;
  } catch (away) {
    const found = await shelf.match(place(request.url));
    const range = request.headers.get("range");
    if (found) return range ? stretch(found, range) : found;
    throw away;
  }
}
