/**
 * A scanner types fast into whatever has the focus and ends with Enter. Lead it to the step at hand; where that step takes
 * no code, gather the code here, so that its Enter presses no button and nobody loses what was scanned.
 */

/** A scanner's characters come closer to each other than this. */
const PAUSE_MS = 1000;
/** What was typed on a page that was left is as old as this at most. */
const LEFT_MS = 3000;
const TYPED = "smilecurve-typed";
const SEPARATOR = "\u001d";

export class Wedge {
  private code = "";
  private last = 0;

  constructor(
    private readonly target: () => HTMLInputElement | null,
    private readonly scanned: ((code: string) => void) | null,
  ) {
    document.addEventListener("keydown", (e) => this.key(e));
    window.addEventListener("pagehide", () => this.leave());
    this.arrive();
  }

  /** What was typed and not ended so far goes along when the screen goes to another step; a code is no measured value. */
  carry(from: HTMLInputElement | null, to: HTMLInputElement | null): void {
    const typed = from ? from.value : this.fresh() ? this.code : "";
    if (from) from.value = "";
    this.code = "";
    if (!typed) return;
    if (to && (!to.matches("[data-measure]") || from?.matches("[data-measure]"))) to.value = typed + to.value;
    else this.hold(typed);
  }

  private hold(typed: string): void {
    this.code = typed;
    this.last = performance.now();
  }

  /** The page is left in the midst of a code: its beginning is kept for the page that comes. */
  private leave(): void {
    if (performance.now() - this.last > PAUSE_MS) return;
    const input = this.target();
    const typed = input && !input.matches("[data-measure]") ? input.value : this.code;
    if (typed) sessionStorage.setItem(TYPED, JSON.stringify([Date.now(), typed]));
  }

  private arrive(): void {
    const kept = sessionStorage.getItem(TYPED);
    sessionStorage.removeItem(TYPED);
    if (!kept) return;
    const [at, typed] = JSON.parse(kept) as [number, string];
    if (Date.now() - at > LEFT_MS) return;
    this.hold(typed);
    this.carry(null, this.target());
  }

  private fresh(): boolean {
    return this.code !== "" && performance.now() - this.last < PAUSE_MS;
  }

  private key(event: KeyboardEvent): void {
    const active = document.activeElement;
    const writes = active instanceof HTMLInputElement || active instanceof HTMLSelectElement || active instanceof HTMLTextAreaElement;
    const input = writes ? (active instanceof HTMLInputElement ? active : null) : this.target();
    const gathers = this.fresh();
    const paused = performance.now() - this.last > PAUSE_MS;
    if (!gathers) this.code = "";
    this.last = performance.now();
    const separates = event.ctrlKey && (event.key === "]" || event.code === "BracketRight");
    if (gathers || !(writes || input)) return this.gather(event, separates ? SEPARATOR : event.key);
    if (input && separates) {
      event.preventDefault();
      const at = input.selectionStart ?? input.value.length;
      input.setRangeText(SEPARATOR, at, input.selectionEnd ?? at, "end");
      return;
    }
    if (writes || !input) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1 || event.key === " ") return;
    if (paused) input.value = "";
    input.focus();
  }

  /** The step at hand takes no code: it is gathered until its Enter. */
  private gather(event: KeyboardEvent, key: string): void {
    if (!this.scanned || event.altKey || event.metaKey || (event.ctrlKey && key !== SEPARATOR)) return;
    const begun = this.code !== "";
    if (key === "Enter" && begun) {
      event.preventDefault();
      const code = this.code;
      this.code = "";
      this.scanned(code);
    } else if (key.length === 1 && (begun || key !== " ")) {
      event.preventDefault();
      this.hold((begun ? this.code : "") + key);
    }
  }
}
