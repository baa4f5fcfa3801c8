/**
 * Forms that a phone has filled and not sent yet, and those that were refused: with their photos they lie in the browser's
 * own database, so that neither a killed tab nor a network that is away loses them. Each has a name of its own: sent
 * twice it counts once.
 */

export interface Kept {
  /** Its place in the line; the database gives it. */
  n?: number;
  url: string;
  fields: [string, string | File][];
  /** What the page calls it. */
  said: string;
  /** What a person knows it by. */
  about: string;
  /** Why it was refused; empty while it waits. */
  refused: string;
}

/** What was typed into a form that is not sent yet, input by input: its name and its value, tick or file. */
export type Draft = [string, string | boolean | File | null][];

const STORE = "forms";
const DRAFTS = "drafts";
/** Answers that say nothing of the form itself: whoever may not send now, or comes too often, sends it later. */
const LATER = [401, 403, 408, 429];

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((done, failed) => {
    const asking = indexedDB.open("smilecurve-phone", 1);
    asking.onupgradeneeded = () => {
      asking.result.createObjectStore(STORE, { keyPath: "n", autoIncrement: true });
      asking.result.createObjectStore(DRAFTS);
    };
    asking.onsuccess = () => done(asking.result);
    asking.onerror = () => failed(asking.error);
  });
  return opened;
}

/** Put a form at the end of the line, in the place of the one it corrects; it is safe when this comes back. */
export async function keep(form: Kept, instead?: number): Promise<number> {
  return write(STORE, (store) => {
    if (instead !== undefined) store.delete(instead);
    return store.add(form) as IDBRequest<number>;
  });
}

export async function drop(n: number): Promise<void> {
  await write(STORE, (store) => store.delete(n));
}

export async function refuse(form: Kept, why: string): Promise<void> {
  await write(STORE, (store) => store.put({ ...form, refused: why }));
}

/** Keep what is typed into the form of this name; null forgets it. */
export async function keepDraft(name: string, draft: Draft | null): Promise<void> {
  await write(DRAFTS, (store) => (draft ? store.put(draft, name) : store.delete(name)) as IDBRequest<undefined>);
}

export async function draftOf(name: string): Promise<Draft> {
  const base = await open();
  return new Promise((done, failed) => {
    const asked = base.transaction(DRAFTS).objectStore(DRAFTS).get(name) as IDBRequest<Draft | undefined>;
    asked.onsuccess = () => done(asked.result ?? []);
    asked.onerror = () => failed(asked.error);
  });
}

async function write<T extends IDBValidKey | undefined>(name: string, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const base = await open();
  return new Promise((done, failed) => {
    const acting = base.transaction(name, "readwrite", { durability: "strict" });
    const asked = act(acting.objectStore(name));
    acting.oncomplete = () => done(asked.result);
    acting.onabort = () => failed(acting.error);
  });
}

/** All that is kept, in the order in which it was filled. */
export async function kept(): Promise<Kept[]> {
  const base = await open();
  return new Promise((done, failed) => {
    const asked = base.transaction(STORE).objectStore(STORE).getAll() as IDBRequest<Kept[]>;
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/** Send a form; null if it has to be sent again: the network or the server is away, or may not be asked now. */
export async function post(form: Kept): Promise<Response | null> {
  const body = new FormData();
  for (const [name, value] of form.fields) body.append(name, value);
  const answer = await fetch(form.url, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  return answer && answer.status < 500 && !LATER.includes(answer.status) ? answer : null;
}

/** A name that no other form has. */
export function newName(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
