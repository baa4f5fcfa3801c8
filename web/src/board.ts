/** Swap two slots of the takt board by dragging, tapping or keys: the answer says cost, gap and reason at once; Ctrl+Z undoes. */
import { refusal, say, tell } from "./page";

interface Face {
  slot: number;
  style: string;
  said: string;
  movable: boolean;
  why: string;
}

interface Answer {
  slots: Face[];
  said: string;
  why: string[];
}

type Swap = [string, string];

export function board(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-board]")) new Board(box);
}

class Board {
  private taken: HTMLElement | null = null;
  private swaps: Swap[] = [];
  private asked = 0;
  private base: Map<string, Face>;
  private readonly told: HTMLElement | null;
  private readonly heard: HTMLElement | null;
  private readonly bar: HTMLElement | null;

  constructor(private readonly box: HTMLElement) {
    this.told = box.querySelector("[data-told]");
    this.heard = box.querySelector("[data-heard]");
    this.bar = box.querySelector("[data-swapbar]");
    this.base = this.faces();
    box.addEventListener("focusin", (e) => this.show(e.target as HTMLElement));
    box.addEventListener("mouseover", (e) => this.show(e.target as HTMLElement));
    box.addEventListener("keydown", (e) => this.key(e));
    box.addEventListener("click", (e) => this.tap(e));
    box.addEventListener("dragstart", (e) => this.lift(e.target as HTMLElement));
    box.addEventListener("dragend", () => this.release());
    box.addEventListener("dragover", (e) => this.movable(e.target as HTMLElement) && e.preventDefault());
    box.addEventListener("drop", (e) => {
      e.preventDefault();
      this.drop(e.target as HTMLElement);
    });
    this.bar?.querySelector("[data-keep]")?.addEventListener("click", () => void this.keep());
    this.bar?.querySelector("[data-undo]")?.addEventListener("click", () => this.undo());
    addEventListener("beforeunload", (e) => {
      if (this.swaps.length) e.preventDefault();
    });
  }

  private slots(): HTMLElement[] {
    return [...this.box.querySelectorAll<HTMLElement>("button.slot")];
  }

  private faces(): Map<string, Face> {
    const found = new Map<string, Face>();
    for (const slot of this.slots()) {
      const number = slot.dataset["slot"] ?? "0";
      if (number === "0") continue;
      found.set(number, {
        slot: Number(number),
        style: [...slot.classList].filter((c) => c !== "slot" && c !== "taken").join(" "),
        said: slot.getAttribute("aria-label") ?? "",
        movable: this.movable(slot),
        why: slot.dataset["why"] ?? "",
      });
    }
    return found;
  }

  private paint(faces: Iterable<Face>): void {
    const at = new Map(this.slots().map((slot) => [slot.dataset["slot"] ?? "0", slot]));
    for (const face of faces) {
      const slot = at.get(String(face.slot));
      if (!slot) continue;
      slot.className = `slot ${face.style}`;
      slot.setAttribute("aria-label", face.said);
      slot.dataset["why"] = face.why;
      if (face.movable) slot.setAttribute("draggable", "true");
      else slot.removeAttribute("draggable");
    }
  }

  private movable(slot: HTMLElement): boolean {
    return slot.matches("button.slot[draggable=true]");
  }

  private show(slot: HTMLElement): void {
    if (slot.matches("button.slot") && this.told) this.told.textContent = slot.getAttribute("aria-label") ?? "";
  }

  private hear(text: string): void {
    if (this.heard) this.heard.textContent = text;
  }

  private key(event: KeyboardEvent): void {
    if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && this.swaps.length) {
      event.preventDefault();
      this.undo();
      return;
    }
    const slot = event.target as HTMLElement;
    if (!slot.matches("button.slot")) return;
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (this.taken) this.drop(slot);
      else this.lift(slot);
    } else if (event.key === "Escape" && this.taken) {
      this.release();
    } else {
      const goal = this.next(slot, event.key);
      if (!goal) return;
      event.preventDefault();
      slot.tabIndex = -1;
      goal.tabIndex = 0;
      goal.focus();
    }
  }

  /** The slot that an arrow key leads to: along the sequence, or to the nearest one of the row above or below. */
  private next(slot: HTMLElement, key: string): HTMLElement | undefined {
    const all = this.slots();
    const flow = document.documentElement.dir === "rtl" ? -1 : 1;
    const step = { ArrowRight: flow, ArrowLeft: -flow, Home: -Infinity, End: Infinity }[key];
    if (step !== undefined) return all[Math.max(0, Math.min(all.length - 1, all.indexOf(slot) + step))];
    const down = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (down === undefined) return undefined;
    const from = slot.getBoundingClientRect();
    const places = all.map((one) => ({ one, box: one.getBoundingClientRect() }));
    const beyond = places.filter(({ box }) => (box.top - from.top) * down > from.height / 2);
    const top = Math.min(...beyond.map(({ box }) => box.top * down)) * down;
    const row = beyond.filter(({ box }) => Math.abs(box.top - top) < from.height / 2);
    row.sort((a, b) => Math.abs(a.box.left - from.left) - Math.abs(b.box.left - from.left));
    return row[0]?.one;
  }

  private tap(event: MouseEvent): void {
    const slot = event.target as HTMLElement;
    if (!slot.matches("button.slot") || event.detail === 0) return;
    if (this.taken) this.drop(slot);
    else this.lift(slot);
  }

  private lift(slot: HTMLElement): void {
    if (!this.movable(slot)) {
      this.refuse(slot);
      return;
    }
    this.release();
    this.taken = slot;
    slot.classList.add("taken");
    const said = say("taken", { slot: slot.dataset["slot"] ?? "" });
    if (this.told) this.told.textContent = said;
    this.hear(said);
  }

  private refuse(slot: HTMLElement): void {
    tell(slot.dataset["why"] || say("frozen"));
  }

  private release(): void {
    this.taken?.classList.remove("taken");
    this.taken = null;
  }

  private drop(slot: HTMLElement): void {
    const from = this.taken;
    this.release();
    if (!from || from === slot) return;
    if (!this.movable(slot)) {
      this.refuse(slot);
      return;
    }
    const [a, b] = [from.dataset["slot"] ?? "", slot.dataset["slot"] ?? ""];
    const now = this.faces();
    const [one, other] = [now.get(a), now.get(b)];
    if (!one || !other) return;
    this.paint([{ ...other, slot: one.slot }, { ...one, slot: other.slot }]);
    this.swaps.push([a, b]);
    slot.focus();
    this.price(say("swapped", { a, b, n: this.swaps.length }), []);
    void this.ask();
  }

  private undo(): void {
    this.swaps.pop();
    this.paint(this.base.values());
    if (this.swaps.length) {
      void this.ask();
      return;
    }
    this.asked += 1;
    if (this.bar) this.bar.hidden = true;
    this.hear(say("undone"));
    if (!this.box.contains(document.activeElement)) this.slots()[0]?.focus();
  }

  private body(): FormData {
    const body = new FormData();
    body.append("line", this.box.dataset["line"] ?? "");
    for (const [a, b] of this.swaps) body.append("swap", `${a},${b}`);
    return body;
  }

  /** What the swaps so far bring: the slots that look different, the cost and gap, the reasons. */
  private async ask(): Promise<void> {
    const number = ++this.asked;
    const answer = await fetch(`${this.box.dataset["board"] ?? ""}/look`, { method: "POST", body: this.body() });
    if (number !== this.asked) return;
    if (!answer.ok) {
      tell(await refusal(answer));
      this.undo();
      return;
    }
    const found = (await answer.json()) as Answer;
    if (number !== this.asked) return;
    this.paint(this.base.values());
    this.paint(found.slots);
    this.price(found.said, found.why);
    this.hear([found.said, ...found.why].join(". "));
  }

  private price(said: string, why: string[]): void {
    if (!this.bar) return;
    this.bar.hidden = false;
    const line = this.bar.querySelector("[data-said]");
    if (line) line.textContent = said;
    const list = this.bar.querySelector("[data-reasons]");
    list?.replaceChildren(
      ...why.map((text) => {
        const row = document.createElement("li");
        row.textContent = text;
        return row;
      }),
    );
  }

  private async keep(): Promise<void> {
    const answer = await fetch(this.box.dataset["board"] ?? "", {
      method: "POST", body: this.body(), headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      tell(await refusal(answer));
      return;
    }
    tell(((await answer.json()) as { said: string }).said);
    this.swaps = [];
    this.base = this.faces();
    if (this.bar) this.bar.hidden = true;
  }
}
