/**
 * What a tablet has done and not sent yet, and what was refused and nobody has seen: both are kept on the tablet, so that
 * neither a reload nor a network that is away loses them. Every act has a number of this tablet: sent twice it counts once.
 */

export interface Waiting {
  url: string;
  fields: Record<string, string>;
  /** What the screen called the step. */
  said: string;
  /** The screen has counted it as done while it waits. */
  passed?: boolean;
}

export interface Refused {
  station: string;
  machine: string;
  step: string;
  scan: string;
  text: string;
}

const ACTS = "smilecurve-acts";
const REFUSED = "smilecurve-refused";

/** The acts that wait, in the order in which they were done. */
export function waiting(): Waiting[] {
  return read<Waiting>(ACTS).filter((w) => new URL(w.url, location.href).origin === location.origin);
}

export function keepWaiting(acts: Waiting[]): void {
  localStorage.setItem(ACTS, JSON.stringify(acts));
}

/** Put an act at the end, with its number. */
export function put(act: Waiting): void {
  act.fields["tablet"] = tablet();
  act.fields["seq"] = String(nextNumber());
  act.fields["told_at"] = new Date().toISOString();
  keepWaiting([...waiting(), act]);
}

/** Answers that say nothing of the act itself: whoever may not send now, or comes too often, sends it later. */
const LATER = [401, 403, 408, 429];

/** Send an act; null if it has to be sent again: the network or the server is away, or may not be asked now. */
export async function post(act: Waiting): Promise<Response | null> {
  const body = new URLSearchParams(act.fields);
  const answer = await fetch(act.url, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  return answer && answer.status < 500 && !LATER.includes(answer.status) ? answer : null;
}

/** The act was answered: it waits no longer. */
export function answered(act: Waiting): void {
  keepWaiting(waiting().filter((w) => w.fields["tablet"] !== act.fields["tablet"] || w.fields["seq"] !== act.fields["seq"]));
}

/** What was refused and nobody has seen yet. */
export function unseen(): Refused[] {
  return read<Refused>(REFUSED);
}

export function keepUnseen(refused: Refused[]): void {
  localStorage.setItem(REFUSED, JSON.stringify(refused));
}

function read<T>(name: string): T[] {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "[]") as T[];
  } catch {
    return [];
  }
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
