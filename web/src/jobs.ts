/** Start a long run, follow its progress as it happens, then go where its result stands. */
import { make, number, refusal, say, tell } from "./page";

interface Step { done: number; of: number; said: string }
interface Ended { state: string; said: string; go?: string; html?: string }

export function jobs(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form[data-job]")) return;
    event.preventDefault();
    void start(form);
  });
}

async function start(form: HTMLFormElement): Promise<void> {
  const button = form.querySelector("button");
  if (button) button.disabled = true;
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  if (answer.status !== 202) {
    if (button) button.disabled = false;
    tell(await refusal(answer));
    return;
  }
  const box = progress(form);
  const job = (await answer.json()) as { events: string };
  const events = new EventSource(job.events);
  events.addEventListener("step", (e) => show(box, JSON.parse((e as MessageEvent<string>).data) as Step));
  events.addEventListener("end", (e) => {
    events.close();
    if (button) button.disabled = false;
    end(form, box, JSON.parse((e as MessageEvent<string>).data) as Ended);
  });
  events.onerror = () => {
    events.close();
    if (button) button.disabled = false;
    tell(say("lost"));
  };
}

function progress(form: HTMLFormElement): HTMLElement {
  const place = document.querySelector<HTMLElement>(form.dataset["job"] || "#none") ?? form;
  place.querySelector(".steps")?.remove();
  const box = make("div", "steps");
  const bar = make("progress");
  bar.setAttribute("aria-label", say("working"));
  const said = make("p", "small quiet", say("working"));
  said.setAttribute("role", "status");
  box.append(bar, said);
  place.append(box);
  return box;
}

function show(box: HTMLElement, step: Step): void {
  const bar = box.querySelector("progress");
  if (bar) [bar.max, bar.value] = [Math.max(1, step.of), step.done];
  const said = box.querySelector("p");
  if (said) said.textContent = `${step.said} (${number(step.done)} / ${number(step.of)})`;
}

function end(form: HTMLFormElement, box: HTMLElement, ended: Ended): void {
  box.querySelector("progress")?.remove();
  const said = box.querySelector("p");
  if (said) said.textContent = ended.said;
  if (ended.state !== "done") said?.classList.add("bad");
  if (ended.html) {
    const page = new DOMParser().parseFromString(ended.html, "text/html");
    box.append(...page.body.childNodes);
  } else if (ended.go && ended.state === "done" && form.dataset["goes"] !== undefined) location.assign(ended.go);
}
