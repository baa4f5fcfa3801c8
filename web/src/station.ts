/**
 * A tablet at a station: what a scanner types goes to the step at hand, a value is judged while it is written, and acts
 * are sent one after the other. A hand that is quicker than the answers loses nothing: a code that is scanned while the
 * step at hand still waits for its answer belongs to the step that stands when its turn comes.
 */
import { make, number, reasons, say } from "./page";
import { answered, keepUnseen, keepWaiting, post, put, unseen, waiting, type Refused, type Waiting } from "./queue";
import { Wedge } from "./wedge";

const AGAIN_MS = 3000;
const FINISH = "finish";
const HELP = "help";
/** The step of a code that goes to whatever step stands when it is sent. */
const SCAN = "scan";

interface Done {
  good: boolean;
  said: string;
  step: string;
  lot: string;
}

export function station(): void {
  const box = document.querySelector<HTMLElement>("[data-station]");
  if (box) new Station(box);
}

class Station {
  private readonly answer: HTMLElement | null;
  private readonly line: HTMLElement | null;
  private readonly list: HTMLElement | null;
  private readonly wedge: Wedge;
  private readonly here: string;
  private readonly machine: string;
  private sending = false;
  /** The machine has gone on: the page of the next one is on its way. */
  private left = false;
  /** The machine that is taken: its page is on its way. */
  private taken = "";

  constructor(private readonly box: HTMLElement) {
    this.answer = box.querySelector("[data-answer]");
    this.line = box.querySelector("[data-queue]");
    this.list = box.querySelector("[data-refused]");
    this.here = location.origin + (box.dataset["station"] ?? "");
    this.machine = box.querySelector<HTMLInputElement>('input[name="machine"][type="hidden"]')?.value ?? "";
    this.wedge = new Wedge(() => this.input(), this.machine ? (code) => this.scanned(code) : null);
    box.addEventListener("submit", (e) => this.submit(e));
    box.addEventListener("input", (e) => this.judge(e.target as HTMLElement));
    window.addEventListener("pageshow", (e) => e.persisted && location.reload());
    window.addEventListener("online", () => void this.send());
    setInterval(() => void this.send(), AGAIN_MS);
    this.pass((act) => act.fields["step"] !== SCAN);
    this.remind();
    void this.send();
  }

  private submit(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (form.matches(".take")) return this.take(event, form);
    if (!form.matches("[data-act]")) return;
    event.preventDefault();
    const fields: Record<string, string> = {};
    new FormData(form, event.submitter).forEach((value, name) => (fields[name] = String(value)));
    const step = fields["step"] ?? "";
    const kind = form.closest<HTMLElement>("[data-step]")?.dataset["kind"] ?? HELP;
    if ((kind === "do" || kind === FINISH) && this.waits(step)) return;
    const input = form.querySelector<HTMLInputElement>("input[data-wedge]");
    if (input) {
      input.value = "";
      this.judge(input);
    }
    if (scans(kind) && (this.waits(step) || this.waits(SCAN))) return this.scanned(fields["text"] ?? "");
    this.hush();
    put({ url: form.action, fields, said: this.called(step) });
    if (kind === "do") this.mark(step, "");
    void this.send();
  }

  /** A machine is taken; codes that come behind its plate are for its steps, though its page is not here yet. */
  private take(event: SubmitEvent, form: HTMLFormElement): void {
    const input = form.querySelector<HTMLInputElement>("input");
    const text = input?.value.trim() ?? "";
    if (!this.taken) {
      this.taken = text;
      setTimeout(() => input && (input.value = ""));
      return;
    }
    event.preventDefault();
    if (input) input.value = "";
    put({ url: `${this.here}/acts`, fields: { step: SCAN, machine: this.taken, text }, said: "" });
    this.count();
  }

  /** A code for the step that stands when its turn comes; behind a finish, for the next machine. */
  private scanned(text: string): void {
    const machine = this.left || this.waits(FINISH) ? "" : this.machine;
    put({ url: `${this.here}/acts`, fields: { step: SCAN, machine, text }, said: "" });
    this.count();
    void this.send();
  }

  private ours(act: Waiting): boolean {
    const machine = act.fields["machine"] ?? "";
    const serial = this.box.querySelector("[data-serial]")?.textContent;
    return act.url === `${this.here}/acts` && (machine === this.machine || machine === serial);
  }

  private waits(step: string): boolean {
    return waiting().some((w) => this.ours(w) && w.fields["step"] === step);
  }

  /**
   * Send what waits, one after the other; what the network does not take stays. While another page is on its way nothing
   * goes out: that page sends what waits. Were it sent from here, the page could be older than the answer and never hear it.
   */
  private async send(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    try {
      for (let next = waiting()[0]; next && !this.left && !this.taken; next = waiting()[0]) {
        const answer = await post(next);
        if (!answer || !(await this.heard(next, answer))) {
          this.pass((act) => this.bound(act));
          this.tell(say("kept"), "warn");
          break;
        }
        answered(next);
      }
    } finally {
      this.sending = false;
      this.count();
    }
  }

  /** Was this an answer to the act? What follows from it is shown. */
  private async heard(act: Waiting, answer: Response): Promise<boolean> {
    if (!answer.ok) {
      this.refuse(act, await reasons(answer));
      return true;
    }
    const done = (await answer.json().catch(() => null)) as Done | null;
    if (done?.good) this.done(act, done);
    else if (done) this.refuse(act, done.said);
    return done !== null;
  }

  private done(act: Waiting, done: Done): void {
    const step = done.step;
    if (step.startsWith("task:") && !done.lot) this.hush();
    else this.tell(done.said, "good");
    if (step === HELP) return;
    this.settle(act, step);
    const ours = this.ours(act);
    if (ours) this.mark(step, done.lot);
    const serial = this.box.querySelector("[data-serial]");
    if (ours && step === "plate" && serial) serial.textContent = done.lot;
    const ofNext = act.url === `${this.here}/acts` && !act.fields["machine"];
    if (!ofNext && !(ours && step === FINISH)) return;
    this.left = true;
    location.assign(this.box.dataset["station"] ?? "/");
  }

  /** Tell what was refused and keep it in sight until it is mended or somebody has seen it; its step is open again. */
  private refuse(act: Waiting, why: string): void {
    const step = act.fields["step"] ?? "";
    if (step === HELP) return this.tell(why, "bad");
    const ours = this.ours(act);
    const at = step === SCAN && ours ? this.at()?.dataset["step"] : step;
    const scan = act.fields["text"] ?? "";
    const names = { step: act.said || (ours ? this.called(at ?? "") : ""), scan };
    const what = !names.step ? "" : !scan ? "undone_step" : act.passed ? "reopened" : "refused";
    const text = `${what ? say(what, names) : scan}. ${why}`;
    keepUnseen([...unseen(), { station: this.station(act), machine: act.fields["machine"] ?? "", step: at ?? "", scan, text }]);
    this.hush();
    this.remind();
    if (ours && step !== SCAN) this.reopen(step);
  }

  private station(act: Waiting): string {
    return new URL(act.url).pathname.replace(/\/acts$/, "");
  }

  /** The step is done or the code is built in: what was refused of it is mended. */
  private settle(act: Waiting, step: string): void {
    const mended = (r: Refused): boolean =>
      r.station === this.station(act) && (!r.machine || r.machine === act.fields["machine"]) && (r.step === step || (r.scan !== "" && r.scan === act.fields["text"]));
    keepUnseen(unseen().filter((r) => !mended(r)));
    this.remind();
  }

  /** Show what was refused; of another station or machine, with the way there. */
  private remind(): void {
    this.list?.replaceChildren(...unseen().map((r) => this.reminder(r)));
  }

  private reminder(refused: Refused): HTMLElement {
    const item = make("div", "answer bad");
    item.append(make("span", "", refused.text));
    if (refused.machine && (refused.station !== this.box.dataset["station"] || refused.machine !== this.machine)) {
      const link = make("a", "", `${decodeURIComponent(refused.station.replace("/stations/", ""))} · ${refused.machine}`);
      link.href = `${refused.station}?machine=${encodeURIComponent(refused.machine)}`;
      item.append(link);
    }
    const seen = make("button", "large", say("seen"));
    seen.type = "button";
    seen.addEventListener("click", () => {
      const all = unseen();
      const at = all.findIndex((r) => r.text === refused.text && r.machine === refused.machine);
      keepUnseen(all.filter((_, n) => n !== at));
      this.remind();
      this.show();
    });
    item.append(seen);
    return item;
  }

  /** What waits counts as done on this screen, up to the first that may not; should it be refused later, its step opens. */
  private pass(may: (act: Waiting) => boolean): void {
    const acts = waiting();
    for (const act of acts) {
      if (!this.ours(act) || act.passed) continue;
      if (!may(act)) break;
      const step = act.fields["step"] ?? "";
      act.passed = true;
      if (step !== HELP && step !== FINISH) this.mark(step, "…");
    }
    keepWaiting(acts);
  }

  /** While the network is away a code goes to the step that the screen shows, if that asks for one. */
  private bound(act: Waiting): boolean {
    if (act.fields["step"] !== SCAN) return true;
    const at = this.at();
    if (!at || !scans(at.dataset["kind"] ?? "")) return false;
    act.fields["step"] = at.dataset["step"] ?? "";
    act.said = this.called(act.fields["step"]);
    return true;
  }

  private steps(): HTMLElement[] {
    return [...this.box.querySelectorAll<HTMLElement>("[data-step]")];
  }

  private at(): HTMLElement | undefined {
    return this.steps().find((s) => !("done" in s.dataset));
  }

  private called(step: string): string {
    return this.steps().find((s) => s.dataset["step"] === step)?.dataset["called"] ?? "";
  }

  /** The input that takes a code or a value now. */
  private input(): HTMLInputElement | null {
    const inputs = [...this.box.querySelectorAll<HTMLInputElement>("input[data-wedge]")];
    return inputs.find((i) => !i.closest("[hidden]")) ?? null;
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

  /** Show the first step that is not done, and nothing else; what is being typed goes along. */
  private show(): void {
    const before = this.input();
    const at = this.at();
    for (const section of this.steps()) section.hidden = section !== at;
    for (const entry of this.box.querySelectorAll<HTMLElement>("[data-of]")) {
      if (entry.dataset["of"] === at?.dataset["step"]) entry.setAttribute("aria-current", "step");
      else entry.removeAttribute("aria-current");
    }
    const progress = this.box.querySelector<HTMLProgressElement>("[data-progress]");
    if (progress) progress.value = this.steps().filter((s) => "done" in s.dataset).length;
    const input = this.input();
    if (input !== before) this.wedge.carry(before, input);
    const active = document.activeElement;
    if (active instanceof HTMLInputElement && active !== before && active.value) return;
    if (input) input.focus();
    else at?.querySelector<HTMLButtonElement>("button.huge")?.focus();
  }

  private count(): void {
    if (!this.line) return;
    const n = waiting().length;
    this.line.hidden = !n;
    this.line.textContent = n ? say("unsent", { n: number(n) }) : "";
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
}

/** Does a step of this kind take a code? */
function scans(kind: string): boolean {
  return kind === "plate" || kind === "scan";
}
