/** Sort, filter and page through rows without reloading the page; arrow keys walk the cells. */

export function grid(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-grid]")) wire(box);
}

function wire(box: HTMLElement): void {
  box.addEventListener("click", (event) => {
    const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a[data-turn]");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    void load(box, link.href, link.dataset["turn"] ?? "");
  });
  box.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("[data-filter]")) return;
    event.preventDefault();
    const query = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    void load(box, `${location.pathname}?${query}`, "filter");
  });
  box.addEventListener("keydown", (event) => walk(event));
  rove(box);
}

async function load(box: HTMLElement, url: string, from: string): Promise<void> {
  box.setAttribute("aria-busy", "true");
  const answer = await fetch(url, { headers: { "X-Part": "grid" } });
  box.removeAttribute("aria-busy");
  if (!answer.ok) {
    location.href = url;
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-grid]");
  if (!fresh) return;
  box.replaceChildren(...fresh.childNodes);
  history.replaceState(null, "", url);
  rove(box);
  if (from === "filter") redraw(page);
  const again = from === "filter" ? box.querySelector<HTMLElement>("[name=q]") : box.querySelector<HTMLElement>(`[data-turn="${CSS.escape(from)}"]`);
  again?.focus();
}

/** The picture follows the filter; a Gantt and a board show every row and stay. */
function redraw(page: Document): void {
  const shown = document.querySelector("[data-picture]");
  const fresh = page.querySelector("[data-picture]");
  if (shown && fresh && !shown.querySelector("[data-gantt]")) shown.replaceChildren(...fresh.childNodes);
}

function rove(box: HTMLElement): void {
  const first = box.querySelector<HTMLElement>("tbody td");
  if (first) first.tabIndex = 0;
}

function walk(event: KeyboardEvent): void {
  const cell = (event.target as HTMLElement).closest<HTMLTableCellElement>("tbody td");
  if (!cell || event.target !== cell) return;
  const row = cell.parentElement as HTMLTableRowElement;
  const flow = document.documentElement.dir === "rtl" ? -1 : 1;
  const steps: Record<string, [number, number]> = {
    ArrowRight: [0, flow], ArrowLeft: [0, -flow], ArrowDown: [1, 0], ArrowUp: [-1, 0],
  };
  const step = steps[event.key];
  if (!step) return;
  const rows = [...(row.parentElement as HTMLTableSectionElement).rows];
  const goal = rows[rows.indexOf(row) + step[0]]?.cells[cell.cellIndex + step[1]];
  if (!goal) return;
  event.preventDefault();
  cell.tabIndex = -1;
  goal.tabIndex = 0;
  goal.focus();
}
