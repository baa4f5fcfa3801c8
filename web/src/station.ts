/**
 * A tablet at a station: what a scanner types goes to the step at hand, a value is judged while it is written, and every
 * act has a number of this tablet, so that it can wait while the network is away and be sent again without harm.
 */
import { number, refusal, say } from "./page";

interface Waiting {
  url: string;
  fields: Record<string, string>;
}

const QUEUE = "smilecurve-acts";
const AGAIN_MS = 3000;

export function station(): void {
  const box = document.querySelector<HTMLElement>("[data-station]");
  if (box) new Station(box);
}

class Station {
  private readonly answer: HTMLElement | null;
  private readonly line: HTMLElement | null;
  private sending = false;

  constructor(private readonly box: HTMLElement) {
    this.answer = box.querySelector("[data-answer]");
    this.line = box.querySelector("[data-queue]");
    box.addEventListener("submit", (e) => this.submit(e));
    box.addEventListener("input", (e) => this.judge(e.target as HTMLElement));
    document.addEventListener("keydown", (e) => this.wedge(e));
    window.addEventListener("online", () => void this.send());
    setInterval(() => void this.send(), AGAIN_MS);
    for (const waiting of this.queue()) this.pass(waiting);
    void this.send();
  }

  private submit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    const fields: Record<string, string> = {};
    new FormData(form, event.submitter).forEach((value, name) => (fields[name] = String(value)));
    fields["tablet"] = tablet();
    fields["seq"] = String(nextNumber());
    fields["told_at"] = new Date().toISOString();
    const acts = this.queue();
    const step = fields["step"] ?? "";
    if (step !== "help" && acts.some((w) => w.url === form.action && w.fields["step"] === step)) return;
    this.hush();
    acts.push({ url: form.action, fields });
    keep(acts);
    if (form.closest<HTMLElement>("[data-step]")?.dataset["kind"] === "do") this.mark(step, "");
    const input = form.querySelector<HTMLInputElement>("input[data-wedge]");
    if (input) input.select();
    void this.send();
  }

  private queue(): Waiting[] {
    return read().filter((w) => new URL(w.url, location.href).origin === location.origin);
  }

  /** Send what waits, one after the other; what the network does not take stays. */
  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      for (let next = this.queue()[0]; next; next = this.queue()[0]) {
        const answer = await post(next);
        if (!answer || answer.status >= 500) {
          this.pass(next);
          this.tell(say("kept"), "warn");
          break;
        }
        const now = this.queue().filter((w) => !same(w, next));
        keep(now);
        await this.heard(next, answer);
      }
    } finally {
      this.sending = false;
      this.count();
    }
  }

  private async heard(act: Waiting, answer: Response): Promise<void> {
    const step = act.fields["step"] ?? "";
    const here = act.url.startsWith(location.origin + (this.box.dataset["station"] ?? "") + "/");
    if (!answer.ok) {
      this.tell(await refused(answer), "bad");
      if (here) this.reopen(step);
      return;
    }
    const done = (await answer.json()) as { good: boolean; said: string; lot: string };
    if (done.good && step.startsWith("task:") && !done.lot) this.hush();
    else this.tell(done.said, done.good ? "good" : "bad");
    if (!here || step === "help") return;
    if (!done.good) this.reopen(step);
    else this.mark(step, done.lot);
    const serial = this.box.querySelector("[data-serial]");
    if (done.good && step === "plate" && serial) serial.textContent = done.lot;
    if (done.good && step === "finish") location.assign(this.box.dataset["station"] ?? "/");
  }

  /** An act that waits counts as done on this screen; should it be refused later, its step opens again. */
  private pass(act: Waiting): void {
    const step = act.fields["step"] ?? "";
    if (act.fields["machine"] === this.machine() && step !== "help" && step !== "finish") this.mark(step, "…");
  }

  private machine(): string {
    return this.box.querySelector<HTMLInputElement>('input[name="machine"][type="hidden"]')?.value ?? "";
  }

  private steps(): HTMLElement[] {
    return [...this.box.querySelectorAll<HTMLElement>("[data-step]")];
  }

  private mark(step: string, lot: string): void {
    for (const section of this.steps()) if (section.dataset["step"] === step) section.dataset["done"] = "";
    const entry = this.box.querySelector<HTMLElement>(`[data-of="${CSS.escape(step)}"]`);
    if (entry) {
      entry.dataset["done"] = "";
      if (lot) {
        const said = entry.querySelector(".small") ?? entry.appendChild(document.createElement("span"));
        said.className = "quiet small";
        said.textContent = lot;
      }
    }
    this.show();
  }

  private reopen(step: string): void {
    for (const section of this.steps()) if (section.dataset["step"] === step) delete section.dataset["done"];
    const entry = this.box.querySelector<HTMLElement>(`[data-of="${CSS.escape(step)}"]`);
    if (entry) delete entry.dataset["done"];
    this.show();
  }

  /** Show the first step that is not done, and nothing else. */
  private show(): void {
    const all = this.steps();
    const at = all.find((s) => !("done" in s.dataset));
    for (const section of all) section.hidden = section !== at;
    for (const entry of this.box.querySelectorAll<HTMLElement>("[data-of]")) {
      if (entry.dataset["of"] === at?.dataset["step"]) entry.setAttribute("aria-current", "step");
      else entry.removeAttribute("aria-current");
    }
    const progress = this.box.querySelector<HTMLProgressElement>("[data-progress]");
    if (progress) progress.value = all.filter((s) => "done" in s.dataset).length;
    const input = at?.querySelector<HTMLInputElement>("input[data-wedge]");
    if (input) {
      input.focus();
      input.select();
    } else at?.querySelector<HTMLButtonElement>("button.huge")?.focus();
  }

  private count(): void {
    if (!this.line) return;
    const waiting = this.queue().length;
    this.line.hidden = !waiting;
    this.line.textContent = waiting ? say("unsent", { n: number(waiting) }) : "";
  }

  private tell(text: string, how: "good" | "bad" | "warn"): void {
    if (!this.answer) return;
    this.answer.className = `answer ${how}`;
    this.answer.textContent = text;
    this.answer.hidden = false;
  }

  private hush(): void {
    if (this.answer) this.answer.hidden = true;
  }

  /** While a value is written: inside or outside the limits, at once. */
  private judge(input: HTMLElement): void {
    if (!(input instanceof HTMLInputElement) || !input.matches("[data-measure]")) return;
    const shown = input.parentElement?.querySelector<HTMLElement>("[data-verdict]");
    if (!shown) return;
    const text = input.value.trim().replace(",", ".");
    const value = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    const low = input.dataset["lower"];
    const high = input.dataset["upper"];
    const out = (low !== undefined && value < Number(low)) || (high !== undefined && value > Number(high));
    const code = Number.isNaN(value) ? "" : out ? "outside" : "inside";
    shown.dataset["verdict"] = code;
    shown.textContent = code && say(code);
  }

  /** A scanner types fast into whatever has the focus: lead it to the step at hand; Ctrl+] is the group separator. */
  private wedge(event: KeyboardEvent): void {
    const active = document.activeElement;
    const writes = active instanceof HTMLInputElement || active instanceof HTMLSelectElement || active instanceof HTMLTextAreaElement;
    const input = writes && active instanceof HTMLInputElement ? active : this.target();
    if (!input) return;
    if (event.ctrlKey && (event.key === "]" || event.code === "BracketRight")) {
      event.preventDefault();
      const at = input.selectionStart ?? input.value.length;
      input.setRangeText("\u001d", at, input.selectionEnd ?? at, "end");
      return;
    }
    if (writes || event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1 || event.key === " ") return;
    input.value = "";
    input.focus();
  }

  private target(): HTMLInputElement | null {
    const inputs = [...this.box.querySelectorAll<HTMLInputElement>("input[data-wedge]")];
    return inputs.find((i) => !i.closest("[hidden]")) ?? null;
  }
}

async function post(act: Waiting): Promise<Response | null> {
  const body = new URLSearchParams(act.fields);
  return fetch(act.url, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
}

async function refused(answer: Response): Promise<string> {
  const copy = answer.clone();
  try {
    const problem = (await copy.json()) as { breaches?: { what: string; do: string }[] };
    const told = problem.breaches?.map((b) => `${b.what}. ${b.do}.`).join(" ");
    if (told) return told;
  } catch {
    /* no problem+json: the plain words below */
  }
  return refusal(answer);
}

function same(a: Waiting, b: Waiting): boolean {
  return a.fields["tablet"] === b.fields["tablet"] && a.fields["seq"] === b.fields["seq"];
}

function read(): Waiting[] {
  try {
    return JSON.parse(localStorage.getItem(QUEUE) ?? "[]") as Waiting[];
  } catch {
    return [];
  }
}

function keep(acts: Waiting[]): void {
  localStorage.setItem(QUEUE, JSON.stringify(acts));
}

/** The name of this tablet, made once. */
function tablet(): string {
  let name = localStorage.getItem("smilecurve-tablet");
  if (!name) {
    name = [...crypto.getRandomValues(new Uint8Array(8))].map((b) => b.toString(16).padStart(2, "0")).join("");
    localStorage.setItem("smilecurve-tablet", name);
  }
  return name;
}

function nextNumber(): number {
  const next = Number(localStorage.getItem("smilecurve-seq") ?? "0") + 1;
  localStorage.setItem("smilecurve-seq", String(next));
  return next;
}
