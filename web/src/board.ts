/** Swap two slots of the takt board by dragging or by keys; what changed goes to the server as a changed decision. */
import { refusal, say, tell } from "./page";

export function board(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-board]")) new Board(box);
}

class Board {
  private taken: HTMLElement | null = null;
  private readonly swaps: [string, string][] = [];
  private readonly told: HTMLElement | null;
  private readonly bar: HTMLElement | null;

  constructor(private readonly box: HTMLElement) {
    this.told = box.querySelector("[data-told]");
    this.bar = box.querySelector("[data-swapbar]");
    box.addEventListener("focusin", (e) => this.show(e.target as HTMLElement));
    box.addEventListener("mouseover", (e) => this.show(e.target as HTMLElement));
    box.addEventListener("keydown", (e) => this.key(e));
    box.addEventListener("dragstart", (e) => this.lift(e.target as HTMLElement));
    box.addEventListener("dragover", (e) => this.movable(e.target as HTMLElement) && e.preventDefault());
    box.addEventListener("drop", (e) => {
      e.preventDefault();
      this.drop(e.target as HTMLElement);
    });
    this.bar?.querySelector("[data-keep]")?.addEventListener("click", () => void this.send());
    this.bar?.querySelector("[data-undo]")?.addEventListener("click", () => location.reload());
  }

  private slots(): HTMLElement[] {
    return [...this.box.querySelectorAll<HTMLElement>("button.slot")];
  }

  private movable(slot: HTMLElement): boolean {
    return slot.matches("button.slot[draggable=true]");
  }

  private show(slot: HTMLElement): void {
    if (slot.matches("button.slot") && this.told) this.told.textContent = slot.getAttribute("aria-label") ?? "";
  }

  private key(event: KeyboardEvent): void {
    const slot = event.target as HTMLElement;
    if (!slot.matches("button.slot")) return;
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      if (this.taken) this.drop(slot);
      else this.lift(slot);
      return;
    }
    if (event.key === "Escape" && this.taken) this.release();
    const flow = document.documentElement.dir === "rtl" ? -1 : 1;
    const step = { ArrowRight: flow, ArrowLeft: -flow, ArrowDown: 30, ArrowUp: -30, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = this.slots();
    const goal = all[Math.max(0, Math.min(all.length - 1, all.indexOf(slot) + step))];
    if (!goal) return;
    slot.tabIndex = -1;
    goal.tabIndex = 0;
    goal.focus();
  }

  private lift(slot: HTMLElement): void {
    if (!this.movable(slot)) {
      tell(say("frozen"));
      return;
    }
    this.taken = slot;
    slot.classList.add("taken");
    if (this.told) this.told.textContent = say("taken", { slot: slot.dataset["slot"] ?? "" });
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
      tell(say("frozen"));
      return;
    }
    const [a, b] = [from.dataset["slot"] ?? "", slot.dataset["slot"] ?? ""];
    for (const name of ["class", "aria-label", "title"]) {
      const [x, y] = [from.getAttribute(name) ?? "", slot.getAttribute(name) ?? ""];
      from.setAttribute(name, y);
      slot.setAttribute(name, x);
    }
    this.swaps.push([a, b]);
    slot.focus();
    if (this.bar) {
      this.bar.hidden = false;
      const said = this.bar.querySelector("[data-said]");
      if (said) said.textContent = say("swapped", { a, b, n: this.swaps.length });
    }
  }

  private async send(): Promise<void> {
    const body = new FormData();
    for (const [a, b] of this.swaps) body.append("swap", `${a},${b}`);
    const answer = await fetch(this.box.dataset["board"] ?? "", {
      method: "POST", body, headers: { Accept: "application/json" },
    });
    if (!answer.ok) {
      tell(await refusal(answer));
      return;
    }
    tell(((await answer.json()) as { said: string }).said);
    this.swaps.length = 0;
    if (this.bar) this.bar.hidden = true;
  }
}
