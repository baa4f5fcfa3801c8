/** Which pieces of this page change while somebody looks at it? They are fetched again when the thread changes. */

export function fresh(): void {
  const pieces = [...document.querySelectorAll<HTMLElement>("[data-fresh]")];
  if (pieces.length) {
    document.addEventListener("thread-version", () => pieces.forEach((piece) => void renew(piece)));
    for (const piece of pieces) if (!piece.childElementCount && "now" in piece.dataset) void renew(piece);
  }
  tick(Date.now());
  setInterval(() => tick(), 1000);
}

async function renew(piece: HTMLElement): Promise<void> {
  const answer = await fetch(piece.dataset["fresh"] ?? "").catch(() => null);
  if (!answer?.ok) return;
  const html = await answer.text();
  if (piece.contains(document.activeElement) && document.activeElement?.matches("input")) return;
  const at = document.activeElement instanceof HTMLElement && piece.contains(document.activeElement) ? place(piece) : -1;
  piece.innerHTML = html;
  tick(Date.now());
  if (at >= 0) reach(piece)[at]?.focus();
}

function reach(piece: HTMLElement): HTMLElement[] {
  return [...piece.querySelectorAll<HTMLElement>("a, button")];
}

function place(piece: HTMLElement): number {
  return reach(piece).findIndex((e) => e === document.activeElement);
}

/** Let every call's standing time run on from what the server said. */
function tick(begin = 0): void {
  for (const time of document.querySelectorAll<HTMLElement>("time[data-since]")) {
    time.dataset["from"] ??= String((begin || Date.now()) - 1000 * Number(time.dataset["since"]));
    const seconds = Math.max(0, Math.floor((Date.now() - Number(time.dataset["from"])) / 1000));
    const hours = Math.floor(seconds / 3600);
    const two = (n: number): string => String(n).padStart(2, "0");
    const minutes = Math.floor(seconds / 60) % 60;
    time.textContent = hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  }
}
