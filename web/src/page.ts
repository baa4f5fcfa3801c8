/** How do the helpers speak to the page: words in the reader's language, a short notice, requests to this host. */

const spoken = JSON.parse(document.getElementById("words")?.textContent ?? "{}") as Record<string, string>;

/** The sentence of this code in the page's language, with {names} filled in. */
export function say(code: string, values: Record<string, string | number> = {}): string {
  const text = spoken[code] ?? code;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A number as the reader's language writes it. */
export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(value);
}

/** Show a notice for a moment, and read it out. */
export function tell(text: string): void {
  const old = document.querySelector(".toast");
  old?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "status");
  box.textContent = text;
  document.body.append(box);
  setTimeout(() => box.remove(), 6000);
}

/** What a refusal says: the breaches of a problem+json answer, else its title. */
export async function refusal(answer: Response): Promise<string> {
  try {
    const problem = (await answer.json()) as { title?: string; breaches?: { what: string }[] };
    return problem.breaches?.map((b) => b.what).join("; ") || problem.title || answer.statusText;
  } catch {
    return answer.statusText;
  }
}

/** Every breach of a refusal with what to do about it. */
export async function reasons(answer: Response): Promise<string> {
  const copy = answer.clone();
  try {
    const problem = (await copy.json()) as { breaches?: { what: string; do: string }[] };
    const told = problem.breaches?.map((b) => say("sentence", { what: bare(b.what), do: bare(b.do) })).join(" ");
    if (told) return told;
  } catch {
    /* no problem+json: the plain words below */
  }
  return refusal(answer);
}

/** The sentence without its full stop. */
function bare(text: string): string {
  return text.replace(/[.。]+$/, "");
}

/** Make an element with text. */
export function make<K extends keyof HTMLElementTagNameMap>(name: K, className = "", text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
