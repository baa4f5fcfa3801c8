/** Draw the bars of a schedule that are in sight, and no others, so that thousands scroll as smoothly as ten. */
import { make, number } from "./page";

interface Bar { order: string; position: number; part: string; start: number; end: number; setup: number; late: number; reason: string; lane: number }
interface Lane { name: string; bars: Bar[] }

const LANE = 26;
const HEAD = 24;
const HOUR = 3_600_000;
const STEPS = [1 / 12, 1 / 4, 1, 3, 6, 12, 24, 48, 168, 336, 720].map((h) => h * HOUR);

export function gantt(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-gantt]")) void load(box);
}

async function load(box: HTMLElement): Promise<void> {
  const decision = document.querySelector<HTMLElement>("[data-decision]")?.dataset["decision"];
  if (!decision) return;
  const answer = await fetch(`/api/v1/decisions/${encodeURIComponent(decision)}/rows`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { rows } = (await answer.json()) as { rows: Record<string, string | number>[] };
  if (rows.length) new Gantt(box, lanes(rows));
}

/** One lane for each equipment, by shop and name, its bars in the order of time. */
function lanes(rows: Record<string, string | number>[]): Lane[] {
  const found = new Map<string, Lane & { key: string }>();
  for (const r of rows) {
    const name = String(r["equipment"]);
    const lane = found.get(name) ?? { name, key: `${r["shop"]} ${name}`, bars: [] };
    found.set(name, lane);
    lane.bars.push({
      order: String(r["shop_order"]), position: Number(r["position"]), part: String(r["part"]), start: Date.parse(String(r["start"])),
      end: Date.parse(String(r["end"])), setup: Number(r["setup_s"]), late: Number(r["late_h"]), reason: String(r["reason"]), lane: 0,
    });
  }
  const all = [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  all.forEach((lane, at) => {
    lane.bars.sort((a, b) => a.start - b.start);
    for (const bar of lane.bars) bar.lane = at;
  });
  return all;
}

class Gantt {
  private readonly canvas = make("canvas");
  private readonly space = make("div", "gantt-space");
  private readonly view = make("div", "gantt-view");
  private readonly pen: CanvasRenderingContext2D;
  private readonly told: HTMLElement | null;
  private readonly zero: number;
  private readonly last: number;
  private readonly side: number;
  private readonly when: Intl.DateTimeFormat;
  private readonly tones = new Map<string, string>();
  private scale = 1;
  private chosen: Bar | null = null;
  private waiting = false;

  constructor(private readonly box: HTMLElement, private readonly all: Lane[]) {
    this.pen = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    const bars = all.flatMap((lane) => lane.bars);
    this.zero = Math.min(...all.map((lane) => (lane.bars[0] as Bar).start - (lane.bars[0] as Bar).setup * 1000));
    this.last = bars.reduce((most, bar) => Math.max(most, bar.end), this.zero + 1);
    this.side = innerWidth < 720 ? 84 : 118;
    this.when = new Intl.DateTimeFormat(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
    this.told = box.querySelector("[data-told]");
    this.view.tabIndex = 0;
    this.view.setAttribute("role", "application");
    this.view.setAttribute("aria-label", box.dataset["said"] ?? "");
    this.space.append(this.canvas);
    this.view.append(this.space);
    box.querySelector("[data-still]")?.remove();
    const legend = box.querySelector<HTMLElement>(".legend");
    if (legend) legend.hidden = false;
    box.insertBefore(this.view, legend);
    const bar = box.querySelector<HTMLElement>(".gantt-bar");
    if (bar) bar.hidden = false;
    for (const button of box.querySelectorAll<HTMLElement>("[data-zoom]")) {
      button.addEventListener("click", () => this.zoom(Number(button.dataset["zoom"])));
    }
    this.view.addEventListener("scroll", () => this.ask(), { passive: true });
    this.view.addEventListener("keydown", (event) => this.key(event));
    this.view.addEventListener("pointermove", (event) => this.tell(this.under(event)));
    this.view.addEventListener("click", (event) => this.choose(this.under(event), false));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    new ResizeObserver(() => this.fit()).observe(this.view);
    this.zoom(0);
  }

  /** Pixels of the time that is in sight. */
  private get room(): number {
    return Math.max(this.view.clientWidth - this.side - 8, 50);
  }

  private get least(): number {
    return this.room / (this.last - this.zero);
  }

  /** Change the scale about the middle of what is in sight; 0 shows all. */
  private zoom(by: number): void {
    const middle = this.zero + (this.view.scrollLeft + this.room / 2) / this.scale;
    this.scale = by ? Math.min(Math.max(this.scale * by, this.least), 1 / 2000) : this.least;
    this.fit();
    this.view.scrollLeft = by ? (middle - this.zero) * this.scale - this.room / 2 : 0;
    this.ask();
  }

  private fit(): void {
    this.scale = Math.max(this.scale, this.least);
    const dots = devicePixelRatio || 1;
    const [wide, high] = [this.view.clientWidth, this.view.clientHeight];
    this.canvas.width = Math.round(wide * dots);
    this.canvas.height = Math.round(high * dots);
    this.canvas.style.inlineSize = `${wide}px`;
    this.canvas.style.blockSize = `${high}px`;
    this.space.style.inlineSize = `${Math.ceil((this.last - this.zero) * this.scale) + this.side + 8}px`;
    this.space.style.blockSize = `${HEAD + this.all.length * LANE}px`;
    this.ask();
  }

  private ask(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  private recolour(): void {
    this.tones.clear();
    this.ask();
  }

  /** The colour of this name in the present theme. */
  private tone(name: string): string {
    let found = this.tones.get(name);
    if (!found) {
      const probe = make("i");
      probe.style.color = `var(--${name})`;
      this.box.append(probe);
      found = getComputedStyle(probe).color;
      probe.remove();
      this.tones.set(name, found);
    }
    return found;
  }

  private x(time: number): number {
    return this.side + (time - this.zero) * this.scale - this.view.scrollLeft;
  }

  private draw(): void {
    const { pen, view } = this;
    const dots = devicePixelRatio || 1;
    const [wide, high] = [view.clientWidth, view.clientHeight];
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.fillStyle = this.tone("card");
    pen.fillRect(0, 0, wide, high);
    pen.font = `11px ${getComputedStyle(view).fontFamily}`;
    pen.textBaseline = "middle";
    pen.direction = document.documentElement.dir === "rtl" ? "rtl" : "ltr";
    this.axis(wide, high);
    const from = Math.max(0, Math.floor(view.scrollTop / LANE));
    const until = Math.min(this.all.length, Math.ceil((view.scrollTop + high) / LANE));
    let drawn = 0;
    pen.save();
    pen.beginPath();
    pen.rect(this.side, HEAD, wide - this.side, high - HEAD);
    pen.clip();
    for (let at = from; at < until; at++) drawn += this.lane(at, wide);
    pen.restore();
    this.names(from, until);
    this.box.dataset["drawn"] = String(drawn);
  }

  private axis(wide: number, high: number): void {
    const { pen } = this;
    const step = STEPS.find((s) => s * this.scale > 92) ?? (STEPS.at(-1) as number);
    const left = this.zero + this.view.scrollLeft / this.scale;
    pen.fillStyle = this.tone("quiet");
    pen.textAlign = "left";
    for (let t = Math.ceil(left / step) * step; this.x(t) < wide; t += step) {
      pen.fillStyle = this.tone("line");
      pen.fillRect(Math.round(this.x(t)), 0, 1, high);
      pen.fillStyle = this.tone("quiet");
      pen.fillText(this.when.format(t), this.x(t) + 4, HEAD / 2);
    }
  }

  /** The bars of a lane that are in sight; how many these are. */
  private lane(at: number, wide: number): number {
    const { pen } = this;
    const lane = this.all[at] as Lane;
    const y = HEAD + at * LANE - this.view.scrollTop;
    const left = this.zero + this.view.scrollLeft / this.scale;
    pen.fillStyle = this.tone("line");
    pen.fillRect(this.side, y + LANE - 1, wide, 1);
    let k = first(lane.bars, left);
    const begin = k;
    for (; k < lane.bars.length; k++) {
      const bar = lane.bars[k] as Bar;
      const [a, b, s] = [this.x(bar.start), this.x(bar.end), bar.setup * 1000 * this.scale];
      if (a - s > wide) break;
      if (s > 0.5) {
        pen.fillStyle = this.tone("edge");
        pen.fillRect(a - s, y + 9, s, LANE - 18);
      }
      pen.fillStyle = this.tone(`m${hash(bar.order) % 8}`);
      pen.fillRect(a, y + 4, Math.max(b - a - 0.6, 1), LANE - 9);
      if (bar.late > 0) {
        pen.fillStyle = this.tone("bad");
        pen.fillRect(a, y + LANE - 8, Math.max(b - a - 0.6, 1), 3);
      }
      if (b - a > 46 && b - a - 8 >= pen.measureText(bar.order).width) this.label(bar, a, b, y);
      if (bar === this.chosen) {
        pen.strokeStyle = this.tone("ink");
        pen.lineWidth = 2;
        pen.strokeRect(a - 1, y + 3, Math.max(b - a, 3) + 1, LANE - 7);
      }
    }
    return k - begin;
  }

  private label(bar: Bar, a: number, b: number, y: number): void {
    const { pen } = this;
    pen.save();
    pen.beginPath();
    pen.rect(a, y, b - a - 4, LANE);
    pen.clip();
    pen.fillStyle = "#fff";
    pen.fillText(bar.order, Math.max(a, this.side) + 4, y + LANE / 2 - 1);
    pen.restore();
  }

  private names(from: number, until: number): void {
    const { pen } = this;
    pen.fillStyle = this.tone("card");
    pen.fillRect(0, 0, this.side, this.view.clientHeight);
    pen.save();
    pen.beginPath();
    pen.rect(0, HEAD, this.side - 6, this.view.clientHeight);
    pen.clip();
    pen.fillStyle = this.tone("quiet");
    pen.textAlign = "left";
    for (let at = from; at < until; at++) {
      pen.fillText((this.all[at] as Lane).name, 2, HEAD + at * LANE - this.view.scrollTop + LANE / 2);
    }
    pen.restore();
    pen.fillStyle = this.tone("line");
    pen.fillRect(0, HEAD - 1, this.view.clientWidth, 1);
  }

  private under(event: MouseEvent): Bar | null {
    const spot = this.view.getBoundingClientRect();
    const [px, py] = [event.clientX - spot.left, event.clientY - spot.top];
    if (px < this.side || py < HEAD) return null;
    const lane = this.all[Math.floor((py - HEAD + this.view.scrollTop) / LANE)];
    const time = this.zero + (px - this.side + this.view.scrollLeft) / this.scale;
    return lane?.bars.find((bar) => bar.start - bar.setup * 1000 <= time && time <= bar.end) ?? null;
  }

  private tell(bar: Bar | null): void {
    if (!bar || !this.told) return;
    const parts = [`${bar.order} · ${bar.position} · ${bar.part}`, (this.all[bar.lane] as Lane).name, this.when.formatRange(bar.start, bar.end)];
    if (bar.setup) parts.push((this.box.dataset["setup"] ?? "").replace("{s}", number(bar.setup)));
    if (bar.late > 0) parts.push((this.box.dataset["late"] ?? "").replace("{h}", number(bar.late, 1)));
    this.told.textContent = parts.join(" · ");
  }

  private choose(bar: Bar | null, follow: boolean): void {
    if (!bar) return;
    this.chosen = bar;
    this.tell(bar);
    if (follow) this.bring(bar);
    this.ask();
  }

  /** Scroll so that a bar is in sight. */
  private bring(bar: Bar): void {
    const [a, b] = [(bar.start - this.zero) * this.scale, (bar.end - this.zero) * this.scale];
    if (a < this.view.scrollLeft) this.view.scrollLeft = a - 20;
    else if (b > this.view.scrollLeft + this.room) this.view.scrollLeft = Math.min(a - 20, b - this.room + 20);
    const y = bar.lane * LANE;
    const high = this.view.clientHeight - HEAD;
    if (y < this.view.scrollTop) this.view.scrollTop = y;
    else if (y + LANE > this.view.scrollTop + high) this.view.scrollTop = y + LANE - high;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const zoom = { "+": 2, "=": 2, "-": 0.5, "0": 0 }[event.key];
    if (zoom !== undefined) this.zoom(zoom);
    else if (["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) this.choose(this.next(event.key), true);
    else return;
    event.preventDefault();
  }

  private next(key: string): Bar | null {
    const now = this.chosen;
    if (!now) return this.all[0]?.bars[0] ?? null;
    const own = (this.all[now.lane] as Lane).bars;
    if (key === "Home") return own[0] ?? null;
    if (key === "End") return own.at(-1) ?? null;
    if (key === "ArrowRight" || key === "ArrowLeft") return own[own.indexOf(now) + (key === "ArrowRight" ? 1 : -1)] ?? now;
    const lane = this.all[now.lane + (key === "ArrowDown" ? 1 : -1)];
    if (!lane) return now;
    return lane.bars.reduce((best, bar) => (Math.abs(bar.start - now.start) < Math.abs(best.start - now.start) ? bar : best));
  }
}

/** The first bar that ends after a time; bars of a lane never overlap. */
function first(bars: Bar[], time: number): number {
  let [low, high] = [0, bars.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle] as Bar).end > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

function hash(text: string): number {
  let found = 7;
  for (let k = 0; k < text.length; k++) found = (found * 31 + text.charCodeAt(k)) >>> 0;
  return found;
}
