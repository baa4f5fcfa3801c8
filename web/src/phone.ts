/**
 * A phone in the field: its pages open without a network, what is filled is kept on it at once and sent in its order when
 * the network is there; what was refused stays in sight until it is corrected or thrown away.
 */
import { make, number, reasons, say } from "./page";
import { drop, keep, kept, newName, post, refuse, type Kept } from "./outbox";

const AGAIN_MS = 4000;

export function phone(): void {
  const box = document.querySelector<HTMLElement>("[data-phone]");
  if (box) new Phone(box);
}

class Phone {
  private sending: Promise<void> | null = null;
  /** Where the form that was filled last leads once it is answered. */
  private leads: { n: number; go: string } | null = null;
  private instead: number | undefined;

  constructor(private readonly box: HTMLElement) {
    box.addEventListener("submit", (e) => void this.submit(e));
    window.addEventListener("online", () => void this.send());
    setInterval(() => void this.send(), AGAIN_MS);
    void this.show().then(() => this.send());
    box.addEventListener("error", (e) => void this.filmAway(e.target), true);
    if (navigator.serviceWorker) void keepPages();
  }

  /** A film that cannot be shown: say in its place whether the network is away or the film is none for this phone. */
  private async filmAway(film: EventTarget | null): Promise<void> {
    if (!(film instanceof HTMLVideoElement) || !film.matches("[data-film]")) return;
    const here = await fetch(film.src, { headers: { Range: "bytes=0-0" } }).then((answer) => answer.ok, () => false);
    const said = film.parentElement?.querySelector<HTMLElement>("[data-film-away]");
    if (!said) return;
    said.textContent = say(here ? "film_odd" : "film_away");
    said.hidden = false;
    film.hidden = true;
    if (!here) window.addEventListener("online", () => this.filmBack(film, said), { once: true });
  }

  private filmBack(film: HTMLVideoElement, said: HTMLElement): void {
    said.hidden = true;
    film.hidden = false;
    film.load();
  }

  private async submit(event: SubmitEvent): Promise<void> {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || !form.matches("[data-kept]")) return;
    event.preventDefault();
    const act = newName();
    const fields: [string, string | File][] = [];
    new FormData(form, event.submitter).forEach((value, name) => {
      if (name !== "act" && !(value instanceof File && !value.size)) fields.push([name, value]);
    });
    fields.push(["act", act], ["told_at", new Date().toISOString()]);
    const named = form.querySelector<HTMLInputElement>("[data-names]");
    const about = named ? named.value.trim() : (event.submitter?.textContent ?? "").trim();
    const said = form.dataset["said"] ?? "";
    const filled: Kept = { url: form.action, fields, said, about, refused: "" };
    const n = await keep(filled, this.instead).catch(() => -1);
    if (n < 0) return this.sendAtOnce(filled);
    this.instead = undefined;
    const leads = { n, go: "" };
    this.leads = leads;
    form.reset();
    this.box.querySelectorAll<HTMLElement>("[data-shot]").forEach((shot) => (shot.hidden = true));
    form.dispatchEvent(new Event("kept", { bubbles: true }));
    await this.show();
    await this.send();
    if (this.leads === leads) this.leads = null;
    if (leads.go) location.href = leads.go;
    else if ((await kept()).some((k) => k.n === n && !k.refused)) this.tell(say("kept"), "warn");
  }

  /** This browser keeps nothing: what is filled stays on the page until the server has it. */
  private async sendAtOnce(form: Kept): Promise<void> {
    const answer = await post(form);
    if (answer?.ok) location.href = ((await answer.json()) as { go: string }).go;
    else this.tell(answer ? await reasons(answer) : say("unkept"), "bad");
  }

  /** Send what waits, one after the other, from one tab at a time; what the network does not take stays. */
  private async send(): Promise<void> {
    if (this.sending) await this.sending;
    this.sending = this.empty();
    await this.sending;
    this.sending = null;
  }

  private async empty(): Promise<void> {
    const all = async (): Promise<void> => {
      for (const form of await kept()) {
        if (form.refused) continue;
        const answer = await post(form);
        if (!answer) return;
        await this.heard(form, answer);
      }
    };
    if (navigator.locks) await navigator.locks.request("smilecurve-phone", all);
    else await all();
  }

  private async heard(form: Kept, answer: Response): Promise<void> {
    const n = form.n ?? -1;
    if (answer.ok) {
      const told = (await answer.json().catch(() => ({}))) as { go?: string };
      await drop(n);
      if (this.leads?.n === n) this.leads.go = told.go ?? "";
      else if (form.url.startsWith(location.href.split("?")[0] ?? "-")) this.renew(form.url);
    } else {
      await refuse(form, await reasons(answer));
    }
    await this.show();
  }

  /** What was sent has changed this page; while a long form is being filled it stays as it is. */
  private renew(url: string): void {
    const long = this.box.querySelector<HTMLFormElement>("form[data-draft]");
    if (!long || long.action === url) return location.reload();
    for (const form of this.box.querySelectorAll<HTMLFormElement>("form[data-kept]")) if (form.action === url) form.hidden = true;
  }

  /** What is kept, each with what it is and why it was refused. */
  private async show(): Promise<void> {
    const list = this.box.querySelector<HTMLElement>("[data-outbox-list]");
    const card = this.box.querySelector<HTMLElement>("[data-outbox]");
    const count = this.box.querySelector<HTMLElement>("[data-outbox-count]");
    if (!list || !card || !count) return;
    const all = await kept();
    card.hidden = !all.length;
    count.textContent = number(all.length);
    list.replaceChildren(...all.map((form) => this.entry(form)));
    if (!all.some((k) => !k.refused)) this.tell("", "warn");
  }

  private entry(form: Kept): HTMLElement {
    const entry = make("li");
    const text = make("div");
    const name = make("p", "", [form.said, form.about].filter(Boolean).join(" · "));
    name.dir = "auto";
    text.append(name, make("p", "small quiet", form.refused || say("waits")));
    entry.append(text);
    if (!form.refused) return entry;
    entry.className = "refused";
    const row = make("span", "end row");
    const target = this.formOf(form);
    if (target) row.append(button(say("correct"), () => void this.correct(form, target)));
    row.append(button(say("discard"), () => void drop(form.n ?? -1).then(() => this.show())));
    entry.append(row);
    return entry;
  }

  private formOf(form: Kept): HTMLFormElement | null {
    return [...this.box.querySelectorAll<HTMLFormElement>("form[data-kept]")].find((f) => f.action === form.url) ?? null;
  }

  /** Lay a refused form out again with all that was filled, its photo too. */
  private async correct(form: Kept, target: HTMLFormElement): Promise<void> {
    for (const [name, value] of form.fields) {
      for (const input of target.querySelectorAll<HTMLInputElement>(`[name="${CSS.escape(name)}"]`)) {
        if (value instanceof File) {
          const list = new DataTransfer();
          list.items.add(value);
          input.files = list.files;
          input.dispatchEvent(new Event("change"));
        } else if (input.type === "radio" || input.type === "checkbox") input.checked = input.checked || input.value === value;
        else if (input.type !== "hidden" && input.type !== "file") input.value = value;
      }
    }
    this.instead = form.n;
    this.tell(form.refused, "bad");
    target.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")?.focus();
  }

  private tell(text: string, how: "bad" | "warn"): void {
    const said = this.box.querySelector<HTMLElement>("[data-kept-said]");
    if (!said) return;
    said.className = `note ${how}`;
    said.textContent = text;
    said.hidden = !text;
  }
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = make("button", "", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Let the worker keep this page, what it is made of, and the pages it leads to that are wanted without a network. */
async function keepPages(): Promise<void> {
  const ready = await navigator.serviceWorker.register("/worker.js").then(() => navigator.serviceWorker.ready).catch(() => null);
  if (!ready?.active) return;
  const parts = performance.getEntriesByType("resource").map((e) => e.name).filter((name) => new URL(name).pathname.startsWith("/static/"));
  const linked = [...document.querySelectorAll<HTMLAnchorElement>("a[data-kept-page]")].map((a) => a.href);
  const sparing = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData ?? false;
  const films = sparing ? [] : [...document.querySelectorAll<HTMLVideoElement>("video[data-film]")].map((film) => film.src);
  const pictures = [...document.querySelectorAll<HTMLImageElement>("[data-phone] img[src]")].map((image) => image.src);
  ready.active.postMessage({ parts, pages: [location.href, ...linked, ...pictures], films });
}
